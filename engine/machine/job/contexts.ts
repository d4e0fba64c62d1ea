import type { JsonObject, PlannedJob, PlannedStep } from '../../../schemas/index.ts';
import { type Chunks, itemAt } from '../chunks.ts';
import { runContexts, workflowContext } from '../contexts.ts';
import { addLayer } from '../environment.ts';
import type { Result } from '../errors.ts';
import { type Path, pathsOf, reads } from '../references.ts';
import type { EndedStep } from './state.ts';
import { type JobTurn, jobStatus } from './turn.ts';

/**
 * The contexts of a job's steps as far as `paths` read them: of the steps only those that are named, so that the work doesn't
 * grow with the number of steps before.
 */
export function jobContexts(turn: JobTurn, paths: readonly Path[]): JsonObject {
  const { start, attempt } = turn.active;
  const claim = attempt.claim.state === 'held' ? attempt.claim.claim : undefined;
  const { facts } = start;
  return {
    ...runContexts(facts),
    needs: start.needs,
    matrix: start.matrix,
    strategy: start.strategy,
    env: attempt.layers.env.values,
    workflow: workflowContext(turn.plan, facts),
    job: { status: jobStatus(turn.active), attempt: attempt.number, workspace: claim?.workspace ?? null },
    // A claim is data that came in as JSON.
    runner: claim === undefined ? {} : { ...claim.runner },
    steps: stepsContext(turn.job, attempt.steps, paths),
  };
}

/** The contexts of a step's own fields that the machine evaluates: with the step's `env` over that of the job. */
export function stepContexts(turn: JobTurn, step: PlannedStep, paths: readonly Path[]): Result<JsonObject> {
  const contexts = jobContexts(turn, throughEnv(step, paths));
  if (!reads(paths, 'env')) return { ok: contexts };
  const outer = turn.active.attempt.layers.env;
  const { secrets } = turn.active.start.facts;
  const env = addLayer(outer, step.env, { contexts, secrets, wanted: paths });
  return 'error' in env ? env : { ok: { ...contexts, env: env.ok.values } };
}

/** The paths that a step's own fields read, with those that they read through its `env`. */
export function throughEnv(step: PlannedStep, paths: readonly Path[]): readonly Path[] {
  return reads(paths, 'env') ? [...paths, ...pathsOf(step.env)] : paths;
}

/** The `steps` context: of each step with an id that is over its outputs, outcome and conclusion. */
function stepsContext(job: PlannedJob, ended: Chunks<EndedStep>, paths: readonly Path[]): JsonObject {
  const entries: [string, JsonObject][] = [];
  for (const position of positionsRead(job, paths)) {
    const step = itemAt(ended, position);
    if (step === undefined || job.steps[position]?.id === undefined) continue;
    const { key, outputs, outcome, conclusion } = step;
    entries.push([key, { outputs, outcome, conclusion }]);
  }
  return Object.fromEntries(entries);
}

function positionsRead(job: PlannedJob, paths: readonly Path[]): Iterable<number> {
  const names = paths.filter(([root]) => root?.toLowerCase() === 'steps').map(([, name]) => name);
  if (names.some((name) => name === undefined)) return job.steps.keys();
  const known = positionsOf(job);
  const positions = names.flatMap((name) => (name === undefined ? [] : (known.get(name.toLowerCase()) ?? [])));
  return [...new Set(positions)].sort((one, other) => one - other);
}

const positions = new WeakMap<PlannedJob, ReadonlyMap<string, number>>();

/** Where each step stands, by its key in lower case. */
export function positionsOf(job: PlannedJob): ReadonlyMap<string, number> {
  let known = positions.get(job);
  if (known === undefined) {
    known = new Map(job.steps.map((step, index) => [step.key.toLowerCase(), index]));
    positions.set(job, known);
  }
  return known;
}
