import { createHmac, timingSafeEqual } from 'node:crypto';
import type { RunId } from '../../schemas/index.ts';

type Secrets = Readonly<Record<string, string>>;

const none: Secrets = {};
const keyBytes = 32;
/** Of so many values it is still known, once their runs have ended, whether others are the same; each takes some 200 bytes. */
const mostRemembered = 50_000;

/**
 * Values of secrets of runs that haven't ended, in memory and nowhere else. What tells whether a value came before is made with a key of
 * this process: a digest that anybody could make would tell who reads it whether a guess is right.
 */
export class HeldSecrets {
  readonly #byRun = new Map<RunId, Secrets>();
  readonly #digests = new Map<RunId, ReadonlyMap<string, Buffer>>();
  /** Runs that have ended, of which digests are left, the first that ended first. */
  readonly #ended = new Set<RunId>();
  /** How many digests these have. */
  #remembered = 0;
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
    if (this.#ended.delete(run)) this.#remembered -= this.#digests.get(run)?.size ?? 0;
    this.#byRun.set(run, { ...this.of(run), ...secrets });
    const digests = Object.entries(secrets).map(([name, value]) => [name, this.#digest(run, value)] as const);
    this.#digests.set(run, new Map([...(this.#digests.get(run) ?? []), ...digests]));
  }

  /** Its values are kept no longer. */
  forget(run: RunId): void {
    if (!this.#byRun.delete(run)) return;
    this.#ended.add(run);
    this.#remembered += this.#digests.get(run)?.size ?? 0;
    for (const first of this.#ended) {
      if (this.#remembered <= mostRemembered) break;
      this.#ended.delete(first);
      this.#remembered -= this.#digests.get(first)?.size ?? 0;
      this.#digests.delete(first);
    }
  }

  /** What the action gives; where it fails, the run's values are kept no longer. */
  async forgetOnFailure<Result>(run: RunId, action: () => Promise<Result>): Promise<Result> {
    try {
      return await action();
    } catch (cause) {
      this.forget(run);
      throw cause;
    }
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
