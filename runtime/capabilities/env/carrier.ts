import { type Carried, carriedAfter, carriedProblem, carriesNothing, nothingCarried } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';

/** What one invocation leaves for later steps. */
export interface Carrier {
  /** A later call wins. Throws CallFailure over a limit, and leaves what was there as it was. */
  add(more: Carried): void;
  /** Undefined where nothing was left. */
  carried(): Carried | undefined;
}

/** A carrier with nothing in it. */
export function createCarrier(): Carrier {
  let carried = nothingCarried;
  return {
    add: (more) => {
      const next = carriedAfter(carried, more);
      const problem = carriedProblem(next, (value) => Buffer.byteLength(JSON.stringify(value)));
      if (problem !== undefined) {
        throw new CallFailure('LIMIT_EXCEEDED', problem, { remedy: 'Pass large data as files in the workspace.' });
      }
      carried = next;
    },
    carried: () => (carriesNothing(carried) ? undefined : carried),
  };
}
