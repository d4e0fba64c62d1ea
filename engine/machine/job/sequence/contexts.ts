import type { Json, JsonObject, PlannedStep } from '../../../../schemas/index.ts';
import { itemAt } from '../../chunks.ts';
import { runContexts, workflowContext } from '../../contexts.ts';
import { addLayer } from '../../environment.ts';
import type { Result } from '../../errors.ts';
import { type Path, pathsOf, reads } from '../../references.ts';
import { positionsIn } from '../planned.ts';
import type { Cursor, JobTurn } from '../turn.ts';
import { environmentAt } from './carried.ts';
import { holdingAt, sequenceOf, sequencesAround } from './cursor.ts';
import { jobStatusIn } from './status.ts';

/**
 * The contexts of the steps of a sequence as far as `paths` read them: of the steps before only those that are named, so that the
 * work doesn't grow with their number.
 */
export function jobContexts(cursor: Cursor, paths: readonly Path[]): JsonObject {
  const { turn } = cursor;
  const { start, attempt } = turn.active;
  const claim = attempt.claim.state === 'held' ? attempt.claim.claim : undefined;
  const { facts } = start;
  const each = eachContext(cursor);
  return {
    ...runContexts(facts),
    needs: start.needs,
    matrix: start.matrix,
    strategy: start.strategy,
    env: environmentAt(cursor).values,
    workflow: workflowContext(turn.plan, facts),
    job: {
      status: jobStatusIn(cursor),
      attempt: attemptOfStart(turn),
      workspace: claim?.workspace ?? null,
      feedback: attempt.feedback,
    },
    // A claim is data that came in as JSON.
    runner: claim === undefined ? {} : { ...claim.runner },
    steps: stepsContext(cursor, paths),
    ...(each === undefined ? {} : { each }),
  };
}

/** Which attempt of the job it is since the job was started: 1, 2, 3... */
export function attemptOfStart({ active }: Pick<JobTurn, 'active'>): number {
  return active.attempt.number - active.first_attempt + 1;
}

/** The contexts of a step's own fields that the machine evaluates: with the step's `env` over that of the job. */
export function stepContexts(cursor: Cursor, step: PlannedStep, paths: readonly Path[]): Result<JsonObject> {
  const contexts = jobContexts(cursor, throughEnv(step, paths));
  if (!reads(paths, 'env')) return { ok: contexts };
  const { secrets } = cursor.turn.active.start.facts;
  const env = addLayer(environmentAt(cursor), step.env, { contexts, secrets, wanted: paths });
  return 'error' in env ? env : { ok: { ...contexts, env: env.ok.values } };
}

/** The paths that a step's own fields read, with those that they read through its `env`. */
export function throughEnv(step: PlannedStep, paths: readonly Path[]): readonly Path[] {
  return reads(paths, 'env') ? [...paths, ...pathsOf(step.env)] : paths;
}

/** The `each` context: of the innermost loop around. */
function eachContext(cursor: Cursor): JsonObject | undefined {
  for (const place of [cursor, ...sequencesAround(cursor)]) {
    const index = place.around?.iteration;
    if (place.around === undefined || index === undefined) continue;
    const { body } = holdingAt(place.around.cursor);
    const value: Json = body.kind === 'for-each' ? (body.items[index] ?? null) : null;
    return { value, index };
  }
  return undefined;
}

/**
 * The `steps` context: of each step with an id that is over its outputs, outcome and conclusion; of the steps around those before
 * them, too. No two that are visible share a name.
 */
function stepsContext(cursor: Cursor, paths: readonly Path[]): JsonObject {
  const names = paths.filter(([root]) => root?.toLowerCase() === 'steps').map(([, name]) => name);
  if (names.length === 0) return {};
  const places = [cursor, ...sequencesAround(cursor)].toReversed();
  return Object.fromEntries(places.flatMap((place) => stepsOf(place, names)));
}

function stepsOf(cursor: Cursor, names: readonly (string | undefined)[]): readonly (readonly [string, JsonObject])[] {
  const { steps } = sequenceOf(cursor);
  return [...positionsRead(cursor.steps, names)].flatMap((position) => {
    const [step, planned] = [itemAt(steps, position), cursor.steps[position]];
    if (step === undefined || planned?.id === undefined) return [];
    const { outputs, outcome, conclusion } = step;
    return [[planned.key, { outputs, outcome, conclusion }] as const];
  });
}

function positionsRead(steps: readonly PlannedStep[], names: readonly (string | undefined)[]): Iterable<number> {
  if (names.includes(undefined)) return steps.keys();
  const known = positionsIn(steps);
  const positions = names.flatMap((name) => (name === undefined ? [] : (known.get(name.toLowerCase()) ?? [])));
  return [...new Set(positions)].sort((one, other) => one - other);
}
