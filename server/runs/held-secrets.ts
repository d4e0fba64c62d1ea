import type { RunId } from '../../schemas/index.ts';

type Secrets = Readonly<Record<string, string>>;

const none: Secrets = {};

/** Values of secrets of runs that haven't ended, in memory and nowhere else. */
export class HeldSecrets {
  readonly #byRun = new Map<RunId, Secrets>();

  of(run: RunId): Secrets {
    return this.#byRun.get(run) ?? none;
  }

  /** Adds values to those that are there. */
  hold(run: RunId, secrets: Secrets): void {
    if (Object.keys(secrets).length > 0) this.#byRun.set(run, { ...this.of(run), ...secrets });
  }

  forget(run: RunId): void {
    this.#byRun.delete(run);
  }

  /** Those of the names of which there is no value. */
  missing(run: RunId, names: readonly string[]): readonly string[] {
    const held = this.of(run);
    return names.filter((name) => !Object.hasOwn(held, name));
  }
}
