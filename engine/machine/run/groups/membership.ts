import { groupKey } from '../../group/machine.ts';
import { beginJobs } from '../advance.ts';
import { cancelCell, cancelWorkflow } from '../cancel.ts';
import { findCell, type PlacedCell, putCell } from '../cells.ts';
import { locate, type Place } from '../locate.ts';
import { cancelRun } from '../pause.ts';
import type { GroupMember, RunEvent } from '../protocol.ts';
import { openCalled, type RunTurn, unsettle, type WorkflowTurn } from '../turn.ts';
import { supersededReason } from './groups.ts';
import { readMember } from './member.ts';

type Acquired = Extract<RunEvent, { type: 'group_acquired' }>;
type Superseded = Extract<RunEvent, { type: 'group_superseded' }>;

/** A workflow or a cell has its concurrency group. False where it had it already, or doesn't want it any more. */
export function acquireGroup(turn: RunTurn, event: Acquired): boolean {
  const member = findMember(turn.root, event);
  if (member === undefined) return false;
  if (member.kind === 'workflow') return beginInGroup(member.workflow);
  const { workflow, position, placed } = member;
  const { stage } = placed.cell;
  if (stage.state !== 'waiting_for_group' || stage.held) return false;
  putCell(workflow, position, { ...placed, cell: { ...placed.cell, stage: { ...stage, held: true } } });
  unsettle(workflow, position);
  return true;
}

/** Another wants the group: its member is cancelled. False where it is on its way to the end already. */
export function supersede(turn: RunTurn, event: Superseded): boolean {
  const member = findMember(turn.root, event);
  if (member === undefined) return false;
  const reason = supersededReason(event.group, event.by);
  if (member.kind === 'workflow') {
    return member.workflow === turn.root ? cancelRun(turn, reason) : cancelWorkflow(member.workflow, reason);
  }
  return cancelCell(member.workflow, member.position, { key: member.placed.cell.key, reason });
}

function beginInGroup(workflow: WorkflowTurn): boolean {
  const { group } = workflow.state;
  if (group === undefined || group.held || workflow.open === 0) return false;
  workflow.state = { ...workflow.state, group: { ...group, held: true } };
  beginJobs(workflow);
  return true;
}

type Member =
  | { readonly kind: 'workflow'; readonly workflow: WorkflowTurn }
  | {
      readonly kind: 'cell';
      readonly workflow: WorkflowTurn;
      readonly position: number;
      readonly placed: PlacedCell;
    };

function findMember(root: WorkflowTurn, { member, group }: Acquired | Superseded): Member | undefined {
  const found = memberNamed(root, member);
  const own = found?.kind === 'cell' ? found.placed.cell.group : found?.workflow.state.group;
  return own !== undefined && groupKey(own.name) === groupKey(group) ? found : undefined;
}

function memberNamed(root: WorkflowTurn, member: GroupMember): Member | undefined {
  const read = readMember(member);
  if (read.kind === 'workflow' && read.caller === undefined) return { kind: 'workflow', workflow: root };
  const cell = placedAt(locate(root, read.kind === 'job' ? read.job : (read.caller ?? '')));
  if (cell === undefined || read.kind === 'job') return cell && { kind: 'cell', ...cell };
  const { workflow, position, placed } = cell;
  if (placed.cell.stage.state !== 'calling') return undefined;
  return { kind: 'workflow', workflow: openCalled(workflow, position, placed.cell.key) };
}

function placedAt(place: Place | undefined): Omit<Extract<Member, { kind: 'cell' }>, 'kind'> | undefined {
  if (place?.cell === undefined) return undefined;
  const { workflow, position, cell } = place;
  const placed = findCell(workflow, position, cell);
  return placed === undefined ? undefined : { workflow, position, placed };
}
