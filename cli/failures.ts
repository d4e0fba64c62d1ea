import { type WaterflowError, WaterflowFailure } from '../schemas/index.ts';

/** Several things that are wrong at once. `error` is the first of them, for whoever shows one alone. */
class SeveralFailures extends WaterflowFailure {
  readonly errors: readonly WaterflowError[];

  constructor(first: WaterflowError, others: readonly WaterflowError[]) {
    super(first);
    this.errors = [first, ...others];
  }
}

/** One failure for all that is wrong: at least one thing. */
export function failureOf([first, ...others]: readonly WaterflowError[]): WaterflowFailure {
  if (first === undefined) throw new TypeError('something was refused without a reason');
  return others.length === 0 ? new WaterflowFailure(first) : new SeveralFailures(first, others);
}

/** All that a failure says. */
export function errorsOf(failure: WaterflowFailure): readonly WaterflowError[] {
  return failure instanceof SeveralFailures ? failure.errors : [failure.error];
}
