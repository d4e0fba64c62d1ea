import type { Check } from './capability.ts';

type Refusal = Extract<Check, { readonly matches: false }>;

/** A refusal of one of hundreds of rules that a call doesn't meet: one is asked why, and only then it is put into words. */
export function refusal(why: () => string): Refusal {
  return new LateRefusal(why);
}

/** A class, since an object with a getter of its own takes many times as long to be made. */
class LateRefusal {
  readonly matches = false;
  readonly #why: () => string;

  constructor(why: () => string) {
    this.#why = why;
  }

  get why(): string {
    return this.#why();
  }
}
