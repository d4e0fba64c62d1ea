import type { CheckedExpression } from '../expressions/index.ts';

/** The context paths that expressions read, each once, in the order in which they were met. */
export class References {
  readonly #paths = new Map<string, readonly string[]>();

  /** Adds what an expression reads. Bound, so that it can be handed on as it is. */
  readonly collect = (checked: CheckedExpression): void => {
    for (const path of checked.references) this.#paths.set(JSON.stringify(path), path);
  };

  copy(): References {
    const copy = new References();
    for (const [key, path] of this.#paths) copy.#paths.set(key, path);
    return copy;
  }

  list(): readonly (readonly string[])[] {
    return [...this.#paths.values()];
  }
}
