import { assertNever, type PlannedBody, type PlannedJob, type PlannedStep } from '../schemas/index.ts';

/** A step of a job, wherever it stands. */
export interface NestedStep {
  /** The keys of the steps around and its own: `loop.build`. A run puts the iteration after a loop's: `loop[7].build`. */
  readonly key: string;
  readonly step: PlannedStep;
  /** The steps that hold it, from the outermost. */
  readonly parents: readonly PlannedStep[];
}

/** All steps of a job, those inside of steps after the one that holds them: in the order of the file. */
export function* allSteps(job: Pick<PlannedJob, 'steps'>): Generator<NestedStep> {
  yield* walk(job.steps, '', []);
}

function* walk(steps: readonly PlannedStep[], prefix: string, parents: readonly PlannedStep[]): Generator<NestedStep> {
  for (const step of steps) {
    const key = prefix + step.key;
    yield { key, step, parents };
    if (step.body !== undefined) yield* walk(stepsInside(step.body), `${key}.`, [...parents, step]);
  }
}

/** The steps that a step holds: of `if@v1` those of both branches. */
export function stepsInside(body: PlannedBody): readonly PlannedStep[] {
  switch (body.kind) {
    case 'if':
      return [...body.then, ...body.else];
    case 'for-each':
      return body.steps;
    default:
      return assertNever(body);
  }
}

/** The step that a run's key means, with the steps around it; undefined where the job has none. */
export function stepOfKey(job: Pick<PlannedJob, 'steps'>, key: string): PlannedStep | undefined {
  let steps = job.steps;
  let found: PlannedStep | undefined;
  for (const { name } of segmentsOf(key)) {
    found = steps.find((step) => step.key === name);
    if (found === undefined) return undefined;
    steps = found.body === undefined ? [] : stepsInside(found.body);
  }
  return found;
}

/** Compares keys of a run's steps by where they stand in the file, and by their iterations; unknown ones come last. */
export function compareStepKeys(job: Pick<PlannedJob, 'steps'>): (one: string, other: string) => number {
  const positions = new Map(Array.from(allSteps(job), ({ key }, index) => [key, index]));
  const ranks = new Map<string, readonly number[]>();
  const rankOf = (key: string): readonly number[] => {
    let rank = ranks.get(key);
    if (rank === undefined) {
      let path = '';
      rank = segmentsOf(key).flatMap(({ name, iteration }) => {
        path += path === '' ? name : `.${name}`;
        return [positions.get(path) ?? positions.size, iteration];
      });
      ranks.set(key, rank);
    }
    return rank;
  };
  return (one, other) => compareRanks(rankOf(one), rankOf(other));
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  const first = one.findIndex((number, index) => number !== other[index]);
  // A step stands before those inside of it.
  return first === -1 ? one.length - other.length : (one[first] ?? 0) - (other[first] ?? -1);
}

interface Segment {
  readonly name: string;
  /** -1 where there is none. */
  readonly iteration: number;
}

function segmentsOf(key: string): readonly Segment[] {
  return key.split('.').map((part) => {
    const match = /^(.*)\[(\d+)\]$/.exec(part);
    return match === null ? { name: part, iteration: -1 } : { name: match[1] ?? '', iteration: Number(match[2]) };
  });
}
