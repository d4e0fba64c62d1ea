import {
  type Carried,
  carriedAfter,
  carriedProblem,
  carriesNothing,
  nothingCarried,
  type StepResult,
} from '../../../../schemas/index.ts';
import type { Chunks } from '../../chunks.ts';
import type { Environment } from '../../environment.ts';
import { jsonBytes } from '../../limits.ts';
import type { Cursor } from '../turn.ts';
import { sequenceOf, sequencesAround } from './cursor.ts';
import type { EndedStep } from './sequence.ts';

/**
 * What steps have left for the step that a sequence is at: those before it, and before each step around it. It follows from the steps
 * that are over, so that steps which run again, or are taken over by a later attempt of the run, leave what they last left.
 */
export function carriedAt(cursor: Cursor): Carried {
  const places = [cursor, ...sequencesAround(cursor)].toReversed();
  return places.map((place) => carriedBy(sequenceOf(place).steps)).reduce(after, nothingCarried);
}

/** What steps that are over leave together. */
export function carriedBy({ full, last }: Chunks<EndedStep>): Carried {
  return after(full.map(carriedByAll).reduce(after, nothingCarried), foldOf(last));
}

/** The `env` of a job where a sequence is at: what steps have left stands over what the job and those around it say, secrets or not. */
export function environmentAt(cursor: Cursor): Environment {
  const { env } = cursor.turn.active.attempt.layers;
  const { variables } = carriedAt(cursor);
  if (Object.keys(variables).length === 0) return env;
  return {
    values: { ...env.values, ...variables },
    masked: env.masked.filter((name) => !Object.hasOwn(variables, name)),
  };
}

/** The result with what it leaves within the limits of a job: more than that is dropped, and fails the step. */
export function withinCarriedLimits(cursor: Cursor, result: StepResult): StepResult {
  if (result.outcome === 'cancelled' || result.carried === undefined) return result;
  const message = carriedProblem(after(carriedAt(cursor), result.carried), ({ variables, path }) =>
    jsonBytes({ variables, path }),
  );
  if (message === undefined) return result;
  const { carried: _dropped, ...rest } = result;
  if (rest.outcome === 'failure') return rest;
  return {
    ...rest,
    outcome: 'failure',
    class: 'limit',
    error: {
      code: 'LIMIT_EXCEEDED',
      message,
      remedy: 'Set fewer or shorter variables, and pass large data as files in the workspace.',
    },
  };
}

function after(before: Carried, later: Carried): Carried {
  if (carriesNothing(later)) return before;
  return carriesNothing(before) ? later : carriedAfter(before, later);
}

/** Of a chunk that is full, which doesn't change: so the work doesn't grow with the number of steps. */
function carriedByAll(steps: readonly EndedStep[]): Carried {
  let known = folds.get(steps);
  if (known === undefined) {
    known = foldOf(steps);
    folds.set(steps, known);
  }
  return known;
}

function foldOf(steps: readonly EndedStep[]): Carried {
  return steps.reduce((sum, { carried = nothingCarried }) => after(sum, carried), nothingCarried);
}

const folds = new WeakMap<readonly EndedStep[], Carried>();
