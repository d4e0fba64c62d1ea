import { foldCase, type Shape } from '../expressions/index.ts';

/** Steps that were read, and that what is read next doesn't see. */
export type HiddenSteps = readonly (readonly [id: string, shape: Shape])[];

/**
 * The steps that the place at hand sees, as the shape of `steps`. One object for a job: bodies add their steps and take them away
 * again, so that the work doesn't grow with the steps around them.
 */
export class VisibleSteps {
  readonly #properties: Record<string, Shape> = {};
  readonly #added: string[] = [];
  /** By the form in which letter case doesn't count. */
  readonly #ids = new Map<string, string>();
  /** Changes as steps come and go. */
  readonly shape: Shape = {
    kind: 'object',
    properties: this.#properties,
    index: {
      find: (id) => (Object.hasOwn(this.#properties, id) ? id : this.#ids.get(foldCase(id))),
      first: (count) => this.#added.slice(0, count),
      // Secrets don't come out of steps.
      holdsSecret: false,
    },
  };

  /** From here on `steps.<id>` is known. No step that is visible has that id. */
  add(id: string, shape: Shape): void {
    this.#properties[id] = shape;
    this.#added.push(id);
    this.#ids.set(foldCase(id), id);
  }

  /** Calls `read`; the steps that it adds are gone afterwards. */
  during<Result>(read: () => Result): { readonly result: Result; readonly hidden: HiddenSteps } {
    const before = this.#added.length;
    const result = read();
    const hidden = this.#added.splice(before).map((id) => [id, this.#properties[id] ?? { kind: 'any' }] as const);
    for (const [id] of hidden) {
      delete this.#properties[id];
      this.#ids.delete(foldCase(id));
    }
    return { result, hidden };
  }

  /** Calls `read` with hidden steps to be seen again. */
  revealing<Result>(hidden: HiddenSteps, read: () => Result): Result {
    return this.during(() => {
      for (const [id, shape] of hidden) this.add(id, shape);
      return read();
    }).result;
  }
}
