import { assertNever, type JobKey, type JsonObject, type Plan, type WaterflowError } from '../../../schemas/index.ts';
import { calledPlan, jobAt } from './planned.ts';
import type { SkipReason } from './protocol.ts';
import { wavesOf } from './spread/waves.ts';
import { type Cell, calledBy, cellsOf, hasEnded, type JobNode, type RunState, type WorkflowState } from './state.ts';

/** A job of a run, or one cell or host of it, as notices and summaries show it. Times are ms since the epoch. */
export interface JobView {
  readonly key: JobKey;
  /** The job's id in its workflow file; several cells share it. */
  readonly id: string;
  readonly name: string;
  /** `waiting`: see `waits_for`; `queued` behind max-parallel, an earlier wave of a fleet, or a pause. */
  readonly status: 'waiting' | 'queued' | 'running' | 'success' | 'failure' | 'cancelled' | 'skipped';
  readonly waits_for?: 'needs' | 'group' | 'approval' | 'hosts' | 'slot';
  /** The workflow that it calls, a key of {@link Plan.workflows}; it has no steps, and its jobs have views of their own. */
  readonly calls?: string;
  /** The workflow that it is a job of, a key of {@link Plan.workflows}; absent: the run's own. */
  readonly workflow?: string;
  /** Of a fleet. */
  readonly host?: string;
  /** In which wave of a fleet it starts, from 1; none of a host that is taken over from an earlier attempt. */
  readonly wave?: number;
  readonly environment?: { readonly name: string; readonly url?: string };
  /** The concurrency group that it waits for or is in. */
  readonly group?: string;
  /** 0 where it never started; 1 while it runs, however often it was tried: its own machine counts. */
  readonly attempts: number;
  readonly started_at?: number;
  readonly ended_at?: number;
  readonly outputs: JsonObject;
  /** It ended so in an earlier attempt of the run. */
  readonly reused?: true;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
}

/** Every job in file order, a job with a matrix as its cells once they are known, a call followed by the jobs that it runs. */
export function jobViews(plan: Plan, state: RunState): readonly JobView[] {
  return viewsOfWorkflow(rootOf(plan), workflowOf(state));
}

/** The state of a run before an event and after it, with what its transition says it touched. */
export interface RunStep {
  readonly before: RunState;
  readonly after: RunState;
  readonly touched?: readonly number[];
}

/** The jobs that look different after an event. It costs what was touched, however many jobs there are. */
export function jobChanges(plan: Plan, { before, after, touched }: RunStep): readonly JobView[] {
  return changesOf(rootOf(plan), { before: workflowOf(before), after: workflowOf(after), touched });
}

/** What the run is called: `run-name`, evaluated when this attempt started; else the workflow's name. */
export function runName(plan: Plan, state: RunState): string {
  return (state.state === 'created' ? undefined : state.name) ?? plan.name;
}

/** A workflow whose jobs are looked at. */
interface Looked {
  readonly root: Plan;
  readonly plan: Plan;
  readonly key?: string;
  readonly prefix: string;
}

function rootOf(plan: Plan): Looked {
  return { root: plan, plan, prefix: '' };
}

function workflowOf(state: RunState): WorkflowState | undefined {
  return state.state === 'created' ? undefined : state.workflow;
}

function viewsOfWorkflow(looked: Looked, state: WorkflowState | undefined): readonly JobView[] {
  const grouped = waitsForGroup(state);
  return looked.plan.jobs.flatMap((_, position) =>
    viewsOfJob(looked, position, { node: state?.jobs[position], grouped }),
  );
}

function changesOf(
  looked: Looked,
  {
    before,
    after,
    touched,
  }: {
    readonly before: WorkflowState | undefined;
    readonly after: WorkflowState | undefined;
    readonly touched?: readonly number[] | undefined;
  },
): readonly JobView[] {
  if (before === after) return [];
  const grouped = waitsForGroup(after);
  const regrouped = grouped !== waitsForGroup(before);
  const views: JobView[] = [];
  const jobs = after?.jobs ?? [];
  for (const position of regrouped ? jobs.keys() : (touched ?? jobs.keys())) {
    const old = before?.jobs[position];
    const node = jobs[position];
    // States share what didn't change, so a job that is the same object looks the same.
    if (old === node && !regrouped) continue;
    // One that waits looks the same however many of its needs have ended.
    const waits = node?.state === 'waiting' && (old?.state ?? 'waiting') === 'waiting';
    if (waits ? !regrouped : old === node) continue;
    const cells = { before: cellsOf(old), after: cellsOf(node), waves: wavesOfNode(node) };
    const changed =
      cells.after.length === 0 ? viewsOfJob(looked, position, { node, grouped }) : cellChanges(looked, position, cells);
    views.push(...changed);
  }
  return views;
}

function cellChanges(
  looked: Looked,
  position: number,
  {
    before,
    after,
    waves,
  }: { readonly before: readonly Cell[]; readonly after: readonly Cell[]; readonly waves: ReadonlyMap<JobKey, number> },
): readonly JobView[] {
  const known = new Map(before.map((cell) => [cell.key, cell]));
  return after.flatMap((cell) => {
    const old = known.get(cell.key);
    if (old === cell) return [];
    // A call is another object with each change of a job in it, and still looks the same.
    const alike = old !== undefined && old.stage.state === cell.stage.state && old.reused === cell.reused;
    const inside = insideOf(looked, position, cell);
    const own = alike && inside !== undefined ? [] : [viewOfCell(looked, position, { cell, waves })];
    const nested =
      inside === undefined ? [] : changesOf(inside, { before: old && calledBy(old), after: calledBy(cell) });
    return [...own, ...nested];
  });
}

interface LookedNode {
  readonly node: JobNode | undefined;
  /** Its workflow waits for its concurrency group. */
  readonly grouped: boolean;
}

function viewsOfJob(looked: Looked, position: number, { node, grouped }: LookedNode): readonly JobView[] {
  const cells = cellsOf(node);
  if (cells.length === 0) return [viewOfNode(looked, position, { node, grouped })];
  const waves = wavesOfNode(node);
  return cells.flatMap((cell) => {
    const inside = insideOf(looked, position, cell);
    const nested = inside === undefined ? [] : viewsOfWorkflow(inside, calledBy(cell));
    return [viewOfCell(looked, position, { cell, waves }), ...nested];
  });
}

/** A job that isn't spread out is named by its id, which is its key if it has no matrix. */
function viewOfNode(looked: Looked, position: number, { node, grouped }: LookedNode): JobView {
  const { id } = jobAt(looked.plan, position);
  const name = `${looked.prefix}${id}`;
  // The key of a job that is one cell, and of no cell else.
  const base = { ...headOf(looked, position), key: name as JobKey, name, attempts: 0, outputs: {} };
  const again = node !== undefined && hasEnded(node) && node.reused === true ? ({ reused: true } as const) : {};
  switch (node?.state) {
    case undefined:
    case 'waiting':
      return { ...base, status: 'waiting', waits_for: grouped ? 'group' : 'needs' };
    case 'approving':
      return { ...base, environment: node.environment, status: 'waiting', waits_for: 'approval' };
    case 'listing':
      return { ...base, status: 'waiting', waits_for: 'hosts' };
    case 'skipped':
      return { ...base, ...again, status: 'skipped', ended_at: node.at, skip_reason: node.reason };
    case 'refused':
      return { ...base, ...again, status: 'failure', ended_at: node.at, error: node.error };
    case 'cancelled':
      return { ...base, ...again, status: 'cancelled', ended_at: node.at, error: node.error };
    case 'spread':
    case 'ended':
      throw new TypeError(`${name} is its cells`);
    default:
      return assertNever(node);
  }
}

function wavesOfNode(node: JobNode | undefined): ReadonlyMap<JobKey, number> {
  return wavesOf(node?.state === 'spread' || node?.state === 'ended' ? node : { cells: [] });
}

function viewOfCell(
  looked: Looked,
  position: number,
  { cell: { key, name, stage, ...cell }, waves }: { readonly cell: Cell; readonly waves: ReadonlyMap<JobKey, number> },
): JobView {
  const wave = waves.get(key);
  const base = {
    ...headOf(looked, position),
    key,
    name,
    ...(cell.host === undefined ? {} : { host: cell.host }),
    ...(wave === undefined ? {} : { wave }),
    ...(cell.environment === undefined ? {} : { environment: cell.environment }),
    ...(cell.group === undefined ? {} : { group: cell.group.name }),
    ...(cell.reused === undefined ? {} : { reused: cell.reused }),
    outputs: {},
  };
  switch (stage.state) {
    case 'queued':
      return { ...base, status: 'queued', waits_for: 'slot', attempts: 0 };
    case 'waiting_for_group':
      return { ...base, status: 'waiting', waits_for: 'group', attempts: 0 };
    case 'running':
    case 'calling':
      return { ...base, status: 'running', attempts: 1, started_at: stage.started_at };
    case 'ended': {
      const { status, attempts, outputs, error } = stage.result;
      return {
        ...base,
        status,
        attempts,
        outputs,
        ...(stage.started_at === undefined ? {} : { started_at: stage.started_at }),
        ended_at: stage.ended_at,
        ...(error === undefined ? {} : { error }),
      };
    }
    default:
      return assertNever(stage);
  }
}

function headOf({ plan, key }: Looked, position: number): Pick<JobView, 'id' | 'calls' | 'workflow'> {
  const { id, calls } = jobAt(plan, position);
  return {
    id,
    ...(calls === undefined ? {} : { calls: calls.workflow }),
    ...(key === undefined ? {} : { workflow: key }),
  };
}

/** The workflow that a cell calls, once it has begun. */
function insideOf({ root, plan }: Looked, position: number, cell: Cell): Looked | undefined {
  const { calls } = jobAt(plan, position);
  if (calls === undefined || calledBy(cell) === undefined) return undefined;
  return { root, plan: calledPlan(root, calls.workflow), key: calls.workflow, prefix: `${cell.key} / ` };
}

function waitsForGroup(state: WorkflowState | undefined): boolean {
  return state?.group !== undefined && !state.group.held && state.open > 0;
}
