import type { Plan, PlannedJob, PlannedStep } from '../schemas/index.ts';
import { stepOfKey } from './steps.ts';

/** Where the key of a job of a run leads in its plan. */
export interface PlacedJob {
  readonly job: PlannedJob;
  /** Keys of the jobs that call the workflow which it is in, from the outermost. */
  readonly callers: readonly string[];
}

/** What stands between the key of a job that calls a workflow and the key of a job in that workflow. */
const callSeparator = ' / ';

/**
 * The job of the plan that a key of the run means: `build`, the cell `build (linux)`, the host `deploy @web-3`, and in a called workflow
 * `release / build`.
 */
export function placeOfJob(root: Plan, key: string): PlacedJob | undefined {
  return placeIn(root, key, { plan: root, callers: [], from: 0 });
}

function placeIn(
  root: Plan,
  key: string,
  inside: { readonly plan: Plan; readonly callers: readonly string[]; readonly from: number },
): PlacedJob | undefined {
  // An id holds no space, and whatever follows one in a key comes after a space.
  const [id] = key.slice(inside.from).split(' ', 1);
  const job = inside.plan.jobs.find((candidate) => candidate.id === id);
  if (job === undefined) return undefined;
  const called = job.calls === undefined ? undefined : root.workflows?.[job.calls.workflow];
  if (called === undefined) return { job, callers: inside.callers };
  // The values of a cell may hold the separator, too.
  for (let end = key.indexOf(callSeparator, inside.from); end !== -1; ) {
    const callers = [...inside.callers, key.slice(0, end)];
    const isWhole = end === inside.from + job.id.length || key.charAt(end - 1) === ')';
    const from = end + callSeparator.length;
    const found = isWhole ? placeIn(root, key, { plan: called, callers, from }) : undefined;
    if (found !== undefined) return found;
    end = key.indexOf(callSeparator, end + 1);
  }
  return { job, callers: inside.callers };
}

/** The job of the plan that a key of the run means. */
export function plannedJob(plan: Plan, key: string): PlannedJob | undefined {
  return placeOfJob(plan, key)?.job;
}

/** The step of the plan that the keys of a job and a step mean. */
export function plannedStep(plan: Plan, job: string, step: string): PlannedStep | undefined {
  const planned = plannedJob(plan, job);
  return planned === undefined ? undefined : stepOfKey(planned, step);
}
