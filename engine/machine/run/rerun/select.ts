import type { JobKey, Plan } from '../../../../schemas/index.ts';
import { dependentsOf, withDependents } from '../needs/graph.ts';
import { calledPlan, findPosition, jobAt } from '../planned.ts';
import { type Cell, type CellRerun, calledBy, cellsOf, endOf, type JobNode, type PartialRerun } from '../state.ts';

import { reused, reusedCell } from './reuse.ts';

/** The jobs of an ended workflow. `prefix` stands before their keys. */
export interface EndedJobs {
  /** The run's own plan, which has those of called workflows. */
  readonly root: Plan;
  readonly plan: Plan;
  readonly jobs: readonly JobNode[];
  readonly prefix: string;
}

/** What is to run again of a workflow, by position of the job: all of it, or some of its cells. */
export type Selection = ReadonlyMap<number, 'whole' | PartialRerun>;

/** The jobs that failed or were cancelled, of a matrix those cells, of a call the failed jobs in it. */
export function selectFailed(ended: EndedJobs): Selection {
  const found = new Map<number, 'whole' | PartialRerun>();
  for (const [position, node] of ended.jobs.entries()) {
    const end = endOf(node);
    const cutOff = node.state === 'skipped' && node.by_cancel === true;
    if (cutOff || end === 'failure' || end === 'cancelled') found.set(position, failedPart(ended, position));
  }
  return found;
}

/** The job, cell, host or called job with this key, to run again in some way; undefined where there is none. */
export function selectKey(ended: EndedJobs, key: string, rerun: CellRerun): Selection | undefined {
  const own = key.slice(ended.prefix.length);
  const [id = ''] = own.split(' ', 1);
  const position = findPosition(ended.plan, id);
  if (position === undefined) return undefined;
  if (own === id && rerun.kind === 'whole') return new Map([[position, 'whole']]);
  const cells = cellsOf(ended.jobs[position]);
  const cell = cells.find((one) => one.key === key);
  if (cell !== undefined) return new Map([[position, { cells, again: { [key]: rerun } }]]);
  const caller = cells.find((one) => key.startsWith(`${one.key} / `));
  const inside = caller && jobsCalledBy(ended, position, caller);
  const selection = inside && selectKey(inside, key, rerun);
  if (caller === undefined || inside === undefined || selection === undefined) return undefined;
  const jobs = jobsAgain(inside, selection);
  return new Map([[position, { cells, again: { [caller.key]: { kind: 'called', jobs } } }]]);
}

/** The jobs as the next attempt begins with them: what isn't selected, and needs nothing that is, is reused. */
export function jobsAgain({ plan, jobs }: EndedJobs, selection: Selection): readonly JobNode[] {
  const again = withDependents(plan, selection.keys());
  const behind = withDependents(
    plan,
    [...selection.keys()].flatMap((position) => dependentsOf(plan, position)),
  );
  return jobs.map((node, position): JobNode => {
    if (!again.has(position)) return reused(node);
    const needs = new Set(jobAt(plan, position).needs.map((id) => findPosition(plan, id)));
    const waiting: JobNode = {
      state: 'waiting',
      needs_left: [...needs].filter((need) => need !== undefined && again.has(need)).length,
    };
    const part = behind.has(position) ? 'whole' : (selection.get(position) ?? 'whole');
    return part === 'whole' ? waiting : { ...waiting, again: withReused(part) };
  });
}

/** The cell with this key, in whichever workflow; undefined where there is none. */
export function findEndedCell(
  ended: EndedJobs,
  key: JobKey,
): { readonly in: EndedJobs; readonly position: number; readonly cell: Cell } | undefined {
  const [id = ''] = key.slice(ended.prefix.length).split(' ', 1);
  const position = findPosition(ended.plan, id);
  if (position === undefined) return undefined;
  const cells = cellsOf(ended.jobs[position]);
  const cell = cells.find((one) => one.key === key);
  if (cell !== undefined) return { in: ended, position, cell };
  const caller = cells.find((one) => key.startsWith(`${one.key} / `));
  const inside = caller && jobsCalledBy(ended, position, caller);
  return inside && findEndedCell(inside, key);
}

/** The jobs of the workflow that a cell called; undefined where it called none, or never began to. */
export function jobsCalledBy({ root, plan }: EndedJobs, position: number, cell: Cell): EndedJobs | undefined {
  const { calls } = jobAt(plan, position);
  const called = calledBy(cell);
  if (calls === undefined || called === undefined) return undefined;
  return { root, plan: calledPlan(root, calls.workflow), jobs: called.jobs, prefix: `${cell.key} / ` };
}

function failedPart(ended: EndedJobs, position: number): 'whole' | PartialRerun {
  const cells = cellsOf(ended.jobs[position]);
  const failed = cells.filter(({ stage }) => stage.state !== 'ended' || stage.result.status !== 'success');
  if (failed.length === 0) return 'whole';
  return { cells, again: Object.fromEntries(failed.map((cell) => [cell.key, failedCell(ended, position, cell)])) };
}

/** Of a call that failed as a whole (its outputs could not be evaluated) all runs again. */
function failedCell(ended: EndedJobs, position: number, cell: Cell): CellRerun {
  const inside = jobsCalledBy(ended, position, cell);
  const selection = inside && selectFailed(inside);
  if (inside === undefined || selection === undefined || selection.size === 0) return { kind: 'whole' };
  return { kind: 'called', jobs: jobsAgain(inside, selection) };
}

function withReused({ cells, again }: PartialRerun): PartialRerun {
  return { cells: cells.map((cell) => (Object.hasOwn(again, cell.key) ? cell : reusedCell(cell))), again };
}
