import type { JobKey } from '../../../schemas/index.ts';
import { signalProblem } from '../signals.ts';
import { openFleet, openJob, refuseJob } from './advance.ts';
import { findCell } from './cells.ts';
import { endCell } from './endings.ts';
import { rejectionBy, undecided, withdrawApproval } from './environment/approvals.ts';
import { locate, type Place } from './locate.ts';
import { jobAt } from './planned.ts';
import type { JobResult, RunEvent, Signal } from './protocol.ts';
import type { ApprovingJob } from './state.ts';
import type { RunTurn } from './turn.ts';

// Each of these is told an answer, and says whether it was one: a repeated or late answer changes nothing.

/** A job has ended. */
export function endJob(turn: RunTurn, { job, result }: { readonly job: JobKey; readonly result: JobResult }): boolean {
  const place = locate(turn.root, job);
  if (place?.cell === undefined) return false;
  const { workflow, position, cell } = place;
  if (findCell(workflow, position, cell)?.cell.stage.state !== 'running') return false;
  endCell(workflow, position, cell, { result });
  return true;
}

/** The hosts of a fleet's queue are known. */
export function findHosts(turn: RunTurn, { job, hosts }: Extract<RunEvent, { type: 'hosts_known' }>): boolean {
  const place = locate(turn.root, job);
  if (place === undefined || !isListing(place)) return false;
  openFleet(place.workflow, place.position, hosts);
  return true;
}

/** They can't be known, which fails the job. */
export function missHosts(turn: RunTurn, { job, error }: Extract<RunEvent, { type: 'hosts_unknown' }>): boolean {
  const place = locate(turn.root, job);
  if (place === undefined || !isListing(place)) return false;
  refuseJob(place.workflow, place.position, error);
  return true;
}

/** Somebody decided over an environment. */
export function decideApproval(turn: RunTurn, signal: Signal): boolean {
  const approving = findApproving(turn, signal.name);
  if (approving === undefined) return false;
  const { workflow, position, node } = approving;
  if (signalProblem(node.awaited, signal) !== undefined) return false;
  turn.commands.push(...withdrawApproval(node));
  const rejection = rejectionBy(jobAt(workflow.plan, position), signal);
  if (rejection === undefined) openJob(workflow, position, node.again);
  else refuseJob(workflow, position, rejection);
  return true;
}

/** Nobody did in time. */
export function expireApproval(turn: RunTurn, timer: string): boolean {
  const approving = findApproving(turn, timer.replace(/#\d+$/, ''));
  if (approving === undefined || approving.node.timer?.name !== timer) return false;
  const { workflow, position, node } = approving;
  turn.commands.push(...withdrawApproval(node, { fired: true }));
  refuseJob(workflow, position, undecided(jobAt(workflow.plan, position), node));
  return true;
}

function isListing({ workflow, position }: Place): boolean {
  return workflow.jobs[position]?.state === 'listing';
}

function findApproving(turn: RunTurn, signal: string): (Place & { readonly node: ApprovingJob }) | undefined {
  const place = signal.startsWith('approval:') ? locate(turn.root, signal.slice('approval:'.length)) : undefined;
  const node = place?.workflow.jobs[place.position];
  return place === undefined || node?.state !== 'approving' || node.awaited.name !== signal
    ? undefined
    : { ...place, node };
}
