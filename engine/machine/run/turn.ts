import type { JobKey, Plan, PlannedJob, WaterflowError } from '../../../schemas/index.ts';
import type { Transition } from '../transition.ts';
import { workflowMember } from './groups/member.ts';
import { dependentsOf } from './needs/graph.ts';
import { type JobsSoFar, lineageOf } from './needs/lineage.ts';
import { calledPlan, jobAt } from './planned.ts';
import type { GroupMember, RunCommand, RunEnd } from './protocol.ts';
import { type ActiveRun, cellsOf, endOf, hasEnded, type JobNode, type RunState, type WorkflowState } from './state.ts';

/**
 * The work on one event: a draft that the functions of the run machine change in place. It starts as a copy of the state's
 * top level and shares everything below, which nobody changes.
 */
export interface RunTurn {
  readonly plan: Plan;
  /** The event's time. */
  readonly at: number;
  run: Omit<ActiveRun, 'workflow'>;
  readonly commands: RunCommand[];
  readonly root: WorkflowTurn;
  /** Workflows of which something may go on; {@link advance} sees to them. */
  readonly agenda: Set<WorkflowTurn>;
  /** Positions of the root's jobs that were put somewhere else, or of which something below was. */
  readonly touched: Set<number>;
}

/** What a run answers to one event. `touched`: the positions of the jobs that may look different now, in order; absent: all may. */
export interface RunTransition extends Transition<RunState, RunCommand> {
  readonly touched?: readonly number[];
}

/** The draft of one workflow: of the run's own, or of one that a cell calls. */
export interface WorkflowTurn {
  readonly turn: RunTurn;
  readonly plan: Plan;
  /** Its key in {@link Plan.workflows}; absent: the run's own. */
  readonly key?: string;
  /** What stands before the keys of its jobs: `release / `. */
  readonly prefix: string;
  /** What stands before their names. */
  readonly namePrefix: string;
  /** The cell that calls it. */
  readonly caller?: { readonly workflow: WorkflowTurn; readonly position: number; readonly cell: JobKey };
  /** Without the jobs, which are below. */
  state: Omit<WorkflowState, 'jobs' | 'open'>;
  /** {@link putNode} changes it. */
  readonly jobs: readonly JobNode[];
  open: number;
  /** Its first jobs are still to be found, once its group is held. */
  unbegun: boolean;
  /** Positions of jobs whose needs have ended, and which are to be decided. */
  readonly ready: number[];
  /** Positions of spread jobs of which a cell may start or the last has ended. */
  readonly unsettled: Set<number>;
  /** Drafts of the workflows that its cells call, as far as they are opened. */
  readonly called: Map<JobKey, WorkflowTurn>;
}

/** Opens the work on an event. */
export function openTurn(plan: Plan, run: ActiveRun, at: number): RunTurn {
  const { workflow, ...rest } = run;
  const turn: Omit<RunTurn, 'root'> = {
    plan,
    at,
    run: rest,
    commands: [],
    agenda: new Set(),
    touched: new Set(),
  };
  // The root and its turn know each other.
  const whole = turn as RunTurn;
  return Object.assign(whole, { root: openWorkflow({ turn: whole, plan, prefix: '', namePrefix: '' }, workflow) });
}

/** Opens, or finds opened, the workflow that a running cell calls. */
export function openCalled(workflow: WorkflowTurn, position: number, key: JobKey): WorkflowTurn {
  const opened = workflow.called.get(key);
  if (opened !== undefined) return opened;
  const { turn, plan } = workflow;
  const cell = cellsOf(workflow.jobs[position]).find((one) => one.key === key);
  const { calls } = jobAt(plan, position);
  if (cell?.stage.state !== 'calling' || calls === undefined) throw new TypeError(`${key} calls no workflow`);
  const place = {
    turn,
    plan: calledPlan(turn.plan, calls.workflow),
    key: calls.workflow,
    prefix: `${key} / `,
    namePrefix: `${cell.name} / `,
    caller: { workflow, position, cell: key },
  };
  const called = openWorkflow(place, cell.stage.called);
  workflow.called.set(key, called);
  return called;
}

/** The state of a draft, with those of the workflows below it. */
export function closeWorkflow(workflow: WorkflowTurn): WorkflowState {
  for (const [key, called] of workflow.called) {
    const position = called.caller?.position ?? 0;
    const node = workflow.jobs[position];
    if (node?.state !== 'spread') continue;
    const index = node.cells.findIndex((cell) => cell.key === key);
    const cell = node.cells[index];
    if (cell?.stage.state !== 'calling') continue;
    const stage = { ...cell.stage, called: closeWorkflow(called) };
    putNode(workflow, position, { ...node, cells: node.cells.with(index, { ...cell, stage }) });
  }
  return { ...workflow.state, jobs: workflow.jobs, open: workflow.open };
}

/** Closes the work on an event: the new state, which is the run's end if every job has ended. */
export function closeTurn(turn: RunTurn): RunTransition {
  const { root, run, at, commands } = turn;
  const workflow = closeWorkflow(root);
  const touched = [...turn.touched].toSorted((one, other) => one - other);
  if (root.open > 0) return { state: { ...run, workflow }, commands, touched };
  const { version, started_at, name } = run;
  const end = endOfWorkflow(root);
  return {
    state: {
      version,
      state: 'ended',
      started_at,
      ended_at: at,
      ...(name === undefined ? {} : { name }),
      workflow,
      ...end,
    },
    commands: [...commands, ...releaseOf(root), { type: 'finish_run', ...end }],
    touched,
  };
}

/** Replaces the node of a job. */
export function putNode(workflow: WorkflowTurn, position: number, node: JobNode): void {
  // openWorkflow() made this array, for this turn alone.
  (workflow.jobs as JobNode[])[position] = node;
  if (workflow.caller === undefined) workflow.turn.touched.add(position);
}

/** Puts a job at its new point; the end of one counts down those that need it. */
export function place(workflow: WorkflowTurn, position: number, node: JobNode): void {
  const before = workflow.jobs[position];
  if (before !== undefined && hasEnded(before)) throw new TypeError('a job that has ended does not go on');
  const end = endOf(node);
  if (!hasEnded(node) || end === undefined) {
    putNode(workflow, position, node);
    return;
  }
  const lineage = lineageOf(jobAt(workflow.plan, position), end, workflow);
  const byCancel = workflow.state.cancel === undefined ? {} : { by_cancel: true as const };
  putNode(workflow, position, { ...node, ...byCancel, ...(lineage === undefined ? {} : { lineage }) });
  workflow.open -= 1;
  for (const dependent of dependentsOf(workflow.plan, position)) countDown(workflow, dependent);
  workflow.turn.agenda.add(workflow);
}

/** Has the cells of a job looked at again. */
export function unsettle(workflow: WorkflowTurn, position: number): void {
  workflow.unsettled.add(position);
  workflow.turn.agenda.add(workflow);
}

/** The jobs as they are now, for needs and conditions. */
export function jobsSoFar({ plan, jobs, state }: WorkflowTurn): JobsSoFar {
  return { plan, jobs, cancelled: state.cancel !== undefined };
}

/** Who the workflow is in its concurrency group. */
export function memberOf({ prefix }: WorkflowTurn): GroupMember {
  return workflowMember(prefix);
}

/** What leaves the workflow's group. */
export function releaseOf(workflow: WorkflowTurn): readonly RunCommand[] {
  const { group } = workflow.state;
  return group === undefined ? [] : [{ type: 'release_group', group: group.name, member: memberOf(workflow) }];
}

/** Remembers the error of the job that failed first, for the workflow's end. */
export function noteFailure(workflow: WorkflowTurn, error: WaterflowError | undefined): void {
  if (workflow.state.failure === undefined && error !== undefined) {
    workflow.state = { ...workflow.state, failure: error };
  }
}

/** How a workflow ended whose jobs have all ended. */
export function endOfWorkflow({ jobs, state }: Pick<WorkflowTurn, 'jobs' | 'state'>): {
  readonly status: RunEnd;
  readonly error?: WaterflowError;
} {
  if (state.cancel !== undefined) return { status: 'cancelled' };
  const ends = jobs.map(endOf);
  // A workflow that couldn't begin has failed without a failed job.
  if (state.failure === undefined && !ends.includes('failure')) {
    return { status: ends.includes('cancelled') ? 'cancelled' : 'success' };
  }
  const error = state.failure ?? firstError(jobs);
  return { status: 'failure', ...(error === undefined ? {} : { error }) };
}

/** Of a run whose failed jobs are all reused from an earlier attempt. */
function firstError(jobs: readonly JobNode[]): WaterflowError | undefined {
  const failed = jobs.find((node) => endOf(node) === 'failure');
  if (failed?.state === 'refused') return failed.error;
  for (const { stage } of cellsOf(failed)) {
    if (stage.state === 'ended' && stage.result.status === 'failure') return stage.result.error;
  }
  return undefined;
}

type WorkflowPlace = Pick<WorkflowTurn, 'turn' | 'plan' | 'key' | 'prefix' | 'namePrefix' | 'caller'>;

function openWorkflow(place: WorkflowPlace, { jobs, open, ...state }: WorkflowState): WorkflowTurn {
  return {
    ...place,
    state,
    jobs: [...jobs],
    open,
    unbegun: false,
    ready: [],
    unsettled: new Set(),
    called: new Map(),
  };
}

function countDown(workflow: WorkflowTurn, position: number): void {
  const node = workflow.jobs[position];
  if (node?.state !== 'waiting') return;
  putNode(workflow, position, { ...node, needs_left: node.needs_left - 1 });
  if (node.needs_left === 1) workflow.ready.push(position);
}

/** The nodes of jobs none of which has begun. */
export function freshJobs(jobs: readonly PlannedJob[]): readonly JobNode[] {
  return jobs.map(({ needs }) => ({ state: 'waiting', needs_left: new Set(needs).size }));
}
