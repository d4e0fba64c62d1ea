import type { Check } from './capability.ts';

export type Refusal = Extract<Check, { readonly matches: false }>;

/**
 * A refusal of one of hundreds of rules that a call doesn't meet: one is asked why, and only then it is put into words. `met` is that
 * of a Check, or how to find it out.
 */
export function refusal(why: () => string, met: number | (() => number) = 0): Refusal {
  return new LateRefusal(why, met);
}

/** The same refusal, of a demand that met so many conditions before. */
export function refusalAfter(met: number, check: Refusal): Refusal {
  return check instanceof LateRefusal ? new LateRefusal(() => check.why, met) : { ...check, met };
}

/** A class, since an object with a getter of its own takes many times as long to be made. */
class LateRefusal {
  readonly matches = false;
  readonly #why: () => string;
  readonly #met: number | (() => number);

  constructor(why: () => string, met: number | (() => number)) {
    this.#why = why;
    this.#met = met;
  }

  get why(): string {
    return this.#why();
  }

  get met(): number {
    return typeof this.#met === 'number' ? this.#met : this.#met();
  }
}
