import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RunId } from '../../schemas/index.ts';

type Secrets = Readonly<Record<string, string>>;

const none: Secrets = {};
const keyBytes = 32;
/** Of so many runs it is still known, once they have ended, whether values are those that they were given. */
const mostRemembered = 10_000;

/**
 * Values of secrets of runs that haven't ended, in memory and nowhere else. What tells whether a value came before is made with a key of
 * this process: a digest that anybody could make would tell who reads it whether a guess is right.
 */
export class HeldSecrets {
  readonly #byRun = new Map<RunId, Secrets>();
  readonly #digests = new Map<RunId, ReadonlyMap<string, Buffer>>();
  readonly #key: Uint8Array;

  constructor(randomBytes: (length: number) => Uint8Array) {
    this.#key = randomBytes(keyBytes);
  }

  of(run: RunId): Secrets {
    return this.#byRun.get(run) ?? none;
  }

  /** Adds values to those that are there; the later one counts. */
  hold(run: RunId, secrets: Secrets): void {
    if (Object.keys(secrets).length === 0) return;
    this.#byRun.set(run, { ...this.of(run), ...secrets });
    const digests = Object.entries(secrets).map(([name, value]) => [name, this.#digest(run, value)] as const);
    this.#digests.set(run, new Map([...(this.#digests.get(run) ?? []), ...digests]));
    for (const oldest of this.#digests.keys()) {
      if (this.#digests.size <= mostRemembered + this.#byRun.size) break;
      if (!this.#byRun.has(oldest)) this.#digests.delete(oldest);
    }
  }

  /** Its values are kept no longer. */
  forget(run: RunId): void {
    this.#byRun.delete(run);
  }

  /** Those of the names of which there is no value. */
  missing(run: RunId, names: readonly string[]): readonly string[] {
    const held = this.of(run);
    return names.filter((name) => !Object.hasOwn(held, name));
  }

  /** False where one of the values is known to be another than the run was given. Of a run of an earlier process nothing is known. */
  agree(run: RunId, secrets: Secrets): boolean {
    const known = this.#digests.get(run);
    return Object.entries(secrets).every(([name, value]) => {
      const digest = known?.get(name);
      return digest === undefined || timingSafeEqual(digest, this.#digest(run, value));
    });
  }

  /** The run is part of it, so that equal values of two runs don't show either. */
  #digest(run: RunId, value: string): Buffer {
    return createHmac('sha256', this.#key).update(`${run}\0${value}`).digest();
  }
}
