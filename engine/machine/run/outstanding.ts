import { assertNever, type JobKey } from '../../../schemas/index.ts';
import { releaseOfCell } from './cells.ts';
import { askApproval } from './environment/approvals.ts';
import { workflowMember } from './groups/member.ts';
import type { RunCommand } from './protocol.ts';
import { type Cell, calledBy, type JobNode, type RunState, type WorkflowState } from './state.ts';

/**
 * The commands that were issued and neither answered nor withdrawn, in an order in which they may be issued again: what a driver
 * that comes back after a crash must take care of. Groups that were left come first, then those that are held or waited for: a group is
 * asked for again although it was held, since its machine may have taken this driver for dead, and what stands after an acquire_group of a member
 * (its jobs) may go on only when the member has the group. Commands that need no answer are repeated as far as they still hold. A run that
 * ended has its finish_run left.
 */
export function outstandingRunCommands(state: RunState): readonly RunCommand[] {
  switch (state.state) {
    case 'created':
      return [];
    case 'running': {
      const { left, groups, others } = collected(state.workflow);
      return [...left, ...groups, ...others];
    }
    case 'ended': {
      const { status, error } = state;
      const { left } = collected(state.workflow);
      return [...left, { type: 'finish_run', status, ...(error === undefined ? {} : { error }) }];
    }
    default:
      return assertNever(state);
  }
}

interface Found {
  readonly left: RunCommand[];
  readonly groups: RunCommand[];
  readonly others: RunCommand[];
}

function collected(workflow: WorkflowState): Found {
  const found: Found = { left: [], groups: [], others: [] };
  collect(found, workflow, '');
  return found;
}

function collect(found: Found, { jobs, open, group }: WorkflowState, prefix: string): void {
  if (group !== undefined) {
    const { name, cancel_in_progress } = group;
    const member = workflowMember(prefix);
    if (open === 0) found.left.push({ type: 'release_group', group: name, member });
    else found.groups.push({ type: 'acquire_group', group: name, member, cancel_in_progress });
  }
  for (const node of jobs) collectJob(found, node);
}

function collectJob(found: Found, node: JobNode): void {
  switch (node.state) {
    case 'listing':
      found.others.push({ type: 'list_hosts', job: node.job, queue: node.queue });
      break;
    case 'approving':
      found.others.push(...askApproval(node));
      break;
    case 'spread':
    case 'ended':
      for (const cell of node.cells) collectCell(found, cell);
      break;
    case 'waiting':
    case 'skipped':
    case 'refused':
    case 'cancelled':
      break;
    default:
      assertNever(node);
  }
}

function collectCell(found: Found, cell: Cell): void {
  const { key, group, stage } = cell;
  if (group !== undefined && stage.state === 'ended') found.left.push(...releaseOfCell(cell));
  if (group !== undefined && stage.state !== 'ended' && stage.state !== 'queued') {
    const { name, cancel_in_progress } = group;
    found.groups.push({ type: 'acquire_group', group: name, member: key, cancel_in_progress });
  }
  if (stage.state === 'running') {
    found.others.push({ type: 'start_job', job: key, start: stage.start });
    if (stage.pause !== undefined) found.others.push(tellPause(key, stage.pause));
    if (stage.cancelled !== undefined) found.others.push({ type: 'cancel_job', job: key, reason: stage.cancelled });
  }
  const called = calledBy(cell);
  if (called !== undefined) collect(found, called, `${key} / `);
}

function tellPause(job: JobKey, { told, by }: { readonly told: 'pause' | 'resume'; readonly by: string }): RunCommand {
  return told === 'pause' ? { type: 'pause_job', job, by } : { type: 'resume_job', job, by };
}
