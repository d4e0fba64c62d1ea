import { assertNever } from '../../../schemas/index.ts';
import { type Transition, unchanged } from '../transition.ts';
import type { GroupCommand, GroupEvent } from './protocol.ts';

/** A concurrency group, as JSON: of all its members one holds it, the others wait in the order in which they asked. */
export interface GroupState {
  readonly version: 1;
  readonly holder?: GroupMembership;
  readonly waiting: readonly GroupMembership[];
}

/** A member's place in the group. */
export interface GroupMembership {
  readonly member: string;
  /** Who wants the group instead; it has been told, and has its place until it leaves. */
  readonly superseded_by?: string;
}

/** A group in which nobody is. */
export const emptyGroup: GroupState = { version: 1, waiting: [] };

/** What two names of the same group have in common: letter case doesn't count, as at GitHub. */
export function groupKey(name: string): string {
  return name.toLowerCase();
}

/**
 * What an event does to a group. Who asks again while it is in the group changes nothing, but is told again what it was told, since it
 * may have forgotten: a driver that comes back after a crash.
 */
export function groupTransition(state: GroupState, event: GroupEvent): Transition<GroupState, GroupCommand> {
  switch (event.type) {
    case 'requested': {
      const place = placeOf(state, event.member);
      return place === undefined ? join(state, event) : { state, commands: toldBefore(state, place) };
    }
    case 'left':
      return placeOf(state, event.member) === undefined ? unchanged(state) : leave(state, event.member);
    default:
      return assertNever(event);
  }
}

/** True where nobody is in the group, so that nothing of it need be kept. */
export function isEmptyGroup({ holder, waiting }: GroupState): boolean {
  return holder === undefined && waiting.length === 0;
}

function join(
  state: GroupState,
  { member, cancel_in_progress }: Extract<GroupEvent, { type: 'requested' }>,
): Transition<GroupState, GroupCommand> {
  if (state.holder === undefined) return grantNext({ ...state, waiting: [...state.waiting, { member }] });
  if (!cancel_in_progress) return { state: { ...state, waiting: [...state.waiting, { member }] }, commands: [] };
  const inWay = [state.holder, ...state.waiting].filter(({ superseded_by }) => superseded_by === undefined);
  const supersede = (place: GroupMembership): GroupMembership => ({ superseded_by: member, ...place });
  return {
    state: {
      ...state,
      holder: supersede(state.holder),
      waiting: [...state.waiting.map(supersede), { member }],
    },
    commands: inWay.map((place) => ({ type: 'supersede', member: place.member, by: member })),
  };
}

function leave(state: GroupState, member: string): Transition<GroupState, GroupCommand> {
  if (state.holder?.member !== member) {
    return { state: { ...state, waiting: state.waiting.filter((place) => place.member !== member) }, commands: [] };
  }
  const { holder: _, ...rest } = state;
  return grantNext(rest);
}

/** Gives a free group to the first that still wants it: who was superseded while it waited is about to leave. */
function grantNext(state: GroupState): Transition<GroupState, GroupCommand> {
  const next = state.waiting.find(({ superseded_by }) => superseded_by === undefined);
  if (next === undefined) return { state, commands: [] };
  return {
    state: { ...state, holder: next, waiting: state.waiting.filter((place) => place !== next) },
    commands: [{ type: 'grant', member: next.member }],
  };
}

function placeOf({ holder, waiting }: GroupState, member: string): GroupMembership | undefined {
  return holder?.member === member ? holder : waiting.find((place) => place.member === member);
}

function toldBefore(state: GroupState, { member, superseded_by }: GroupMembership): readonly GroupCommand[] {
  if (superseded_by !== undefined) return [{ type: 'supersede', member, by: superseded_by }];
  return state.holder?.member === member ? [{ type: 'grant', member }] : [];
}
