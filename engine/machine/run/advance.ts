import { assertNever, type PlannedJob, type WaterflowError } from '../../../schemas/index.ts';
import { runContexts, workflowContext } from '../contexts.ts';
import { errorAt } from '../errors.ts';
import { runCellLimit } from '../limits.ts';
import { callResult } from './calls.ts';
import { endUnbegun } from './cancel.ts';
import { findCell } from './cells.ts';
import { endCell } from './endings.ts';
import { approvalOf, askApproval } from './environment/approvals.ts';
import { groupOf, groupsAround } from './groups/groups.ts';
import { decideJob, type JobPlace, jobPlace } from './needs/decide.ts';
import { jobAt } from './planned.ts';
import { settleJob } from './settle.ts';
import { fleetOf, fleetOfHosts } from './spread/fleet.ts';
import { cellPlaces, queueOf, type Spread, spreadJob } from './spread/spread.ts';
import type { PartialRerun } from './state.ts';
import {
  closeWorkflow,
  memberOf,
  noteFailure,
  place,
  type RunTurn,
  releaseOf,
  unsettle,
  type WorkflowTurn,
} from './turn.ts';

/** Goes on with everything that may go on: decides over jobs, starts cells, begins and ends called workflows. */
export function advance(turn: RunTurn): void {
  // What is added on the way is walked, too.
  for (const workflow of turn.agenda) {
    turn.agenda.delete(workflow);
    if (workflow.unbegun) begin(workflow);
    for (const position of workflow.ready) leaveWaiting(workflow, position);
    workflow.ready.length = 0;
    for (const position of workflow.unsettled) {
      workflow.unsettled.delete(position);
      settleJob(workflow, position);
    }
    if (workflow.ready.length > 0 || workflow.unsettled.size > 0) turn.agenda.add(workflow);
    else if (workflow.open === 0) endCall(workflow);
  }
}

/** Begins with the jobs of a workflow that need no others. */
export function beginJobs(workflow: WorkflowTurn): void {
  for (const [position, node] of workflow.jobs.entries()) {
    if (node.state === 'waiting' && node.needs_left === 0) workflow.ready.push(position);
  }
  workflow.turn.agenda.add(workflow);
}

/** Fails a job before any of it has started. */
export function refuseJob(workflow: WorkflowTurn, position: number, error: WaterflowError): void {
  noteFailure(workflow, error);
  place(workflow, position, { state: 'refused', at: workflow.turn.at, error });
}

/** Ends a workflow that can't begin: none of its jobs runs, and it fails. */
export function failUnbegun(workflow: WorkflowTurn, error: WaterflowError): void {
  noteFailure(workflow, error);
  endUnbegun(workflow, 'its workflow could not begin');
}

/** Goes on with a job that nothing keeps from running: with the hosts of its queue where it needs them, else with its cells. */
export function openJob(workflow: WorkflowTurn, position: number, again: PartialRerun | undefined): void {
  const job = jobAt(workflow.plan, position);
  const place = jobPlace(workflow, job);
  if ('error' in place) return refuseJob(workflow, position, place.error);
  if (job.fleet === undefined) return spreadOut(workflow, position, { place: place.ok, again });
  if (again === undefined) return listHosts(workflow, position, place.ok);
  const hosts = again.cells.flatMap(({ host }) => (host === undefined ? [] : [host]));
  const fleet = fleetOfHosts(job.fleet, hosts, place.ok);
  if ('error' in fleet) return refuseJob(workflow, position, fleet.error);
  spreadOut(workflow, position, { place: place.ok, fleet: fleet.ok, again });
}

/** Goes on with a job whose queue has these hosts. */
export function openFleet(workflow: WorkflowTurn, position: number, known: readonly string[]): void {
  const node = workflow.jobs[position];
  const job = jobAt(workflow.plan, position);
  if (node?.state !== 'listing' || job.fleet === undefined) return;
  const place = jobPlace(workflow, job);
  if ('error' in place) return refuseJob(workflow, position, place.error);
  const fleet = fleetOf(job.fleet, known, { environment: place.ok, queue: node.queue });
  if ('error' in fleet) return refuseJob(workflow, position, fleet.error);
  spreadOut(workflow, position, { place: place.ok, fleet: fleet.ok });
}

/** Asks for the workflow's concurrency group, or begins at once where it has none. */
function begin(workflow: WorkflowTurn): void {
  workflow.unbegun = false;
  const { plan, state, turn } = workflow;
  const contexts = { ...runContexts(state.facts), workflow: workflowContext(plan, state.facts) };
  const group = groupOf(plan.concurrency, { contexts }, groupsAround(workflow));
  if ('error' in group) return failUnbegun(workflow, group.error);
  if (group.ok === undefined) return beginJobs(workflow);
  if (state.cancel !== undefined) return endUnbegun(workflow, state.cancel.reason);
  workflow.state = { ...state, group: { ...group.ok, held: false } };
  const { name, cancel_in_progress } = group.ok;
  turn.commands.push({ type: 'acquire_group', group: name, member: memberOf(workflow), cancel_in_progress });
}

/** The end of a called workflow is the end of the cell that called it. */
function endCall(workflow: WorkflowTurn): void {
  const { caller, turn } = workflow;
  if (caller === undefined) return;
  const { workflow: around, position, cell } = caller;
  if (findCell(around, position, cell)?.cell.stage.state !== 'calling') return;
  turn.commands.push(...releaseOf(workflow));
  endCell(around, position, cell, { result: callResult(workflow), called: closeWorkflow(workflow) });
}

function leaveWaiting(workflow: WorkflowTurn, position: number): void {
  const node = workflow.jobs[position];
  if (node?.state !== 'waiting') return;
  const job = jobAt(workflow.plan, position);
  const decision = decideJob(workflow, job);
  switch (decision.decision) {
    case 'skip':
      return place(workflow, position, { state: 'skipped', at: workflow.turn.at, reason: decision.reason });
    case 'fail':
      return refuseJob(workflow, position, decision.error);
    case 'run':
      return askOrOpen(workflow, position, node.again);
    default:
      return assertNever(decision);
  }
}

/** Has the job's environment approved before anything else, if somebody must. */
function askOrOpen(workflow: WorkflowTurn, position: number, again: PartialRerun | undefined): void {
  const job = jobAt(workflow.plan, position);
  if (job.environment?.approval === undefined) return openJob(workflow, position, again);
  const asked = approvalFor(workflow, job, again);
  if ('error' in asked) return refuseJob(workflow, position, asked.error);
  if (asked.ok === undefined) return openJob(workflow, position, again);
  place(workflow, position, asked.ok);
  workflow.turn.commands.push(...askApproval(asked.ok));
}

/** Nobody is asked over a job that couldn't be spread out afterwards. */
function approvalFor(
  workflow: WorkflowTurn,
  job: PlannedJob,
  again: PartialRerun | undefined,
): ReturnType<typeof approvalOf> {
  const place = jobPlace(workflow, job);
  if ('error' in place) return place;
  if (job.fleet !== undefined) return approvalOf(workflow, job, { places: [place.ok], again });
  const tried = spreadJob(workflow, job, { place: place.ok, again });
  return 'error' in tried ? tried : approvalOf(workflow, job, { places: cellPlaces(tried.ok, place.ok), again });
}

function listHosts(workflow: WorkflowTurn, position: number, evaluated: JobPlace): void {
  const job = jobAt(workflow.plan, position);
  const queue = queueOf(job, evaluated);
  if ('error' in queue) return refuseJob(workflow, position, queue.error);
  const asked = { job: `${workflow.prefix}${job.id}`, queue: queue.ok };
  place(workflow, position, { state: 'listing', ...asked });
  workflow.turn.commands.push({ type: 'list_hosts', ...asked });
}

function spreadOut(workflow: WorkflowTurn, position: number, over: Spread): void {
  const job = jobAt(workflow.plan, position);
  const spread = spreadJob(workflow, job, over);
  if ('error' in spread) return refuseJob(workflow, position, spread.error);
  const { turn } = workflow;
  const cells = turn.run.cells + spread.ok.cells.length;
  if (cells > runCellLimit) return refuseJob(workflow, position, tooManyCells(job));
  turn.run = { ...turn.run, cells };
  place(workflow, position, spread.ok);
  unsettle(workflow, position);
}

function tooManyCells(job: PlannedJob): WaterflowError {
  return errorAt(job.at, {
    code: 'LIMIT_EXCEEDED',
    message: `with the cells of this job the run would have more than ${runCellLimit} jobs`,
    remedy: 'Split the workflow into several runs, or call fewer workflows from matrices.',
  });
}
