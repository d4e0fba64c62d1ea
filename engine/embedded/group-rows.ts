import { type Json, parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { Groups, Store } from '../../storage/index.ts';
import {
  emptyGroup,
  type GroupEvent,
  type GroupMembership,
  type GroupState,
  groupTransition,
  isEmptyGroup,
} from '../machine/index.ts';

/** A group as it is kept. */
export function stateOf(value: Json | undefined): GroupState {
  // Only moved() makes what is kept.
  return value === undefined ? emptyGroup : (value as unknown as GroupState);
}

/** What is kept of a group after an event. */
export function moved(state: GroupState, event: GroupEvent): Json | undefined {
  const { state: after } = groupTransition(state, event);
  // A group's state is JSON by definition; its interface only lacks JsonObject's index signature.
  return isEmptyGroup(after) ? undefined : (after as unknown as Json);
}

/** Everybody who is in a group, the holder first. */
export function placesIn({ holder, waiting }: GroupState): readonly GroupMembership[] {
  return holder === undefined ? waiting : [holder, ...waiting];
}

/** True where no process has the member's run open; its run may be gone altogether. */
export function isDead({ member }: GroupMembership, store: Pick<Store, 'isOpen'>): boolean {
  const run = parseRunId(member.slice(0, member.indexOf('/')));
  return run === undefined || !isOpen(store, run);
}

/** Takes a run out of every group, but for the members in `but`. */
export function leaveGroups(groups: Groups, run: RunId, but: ReadonlySet<string>): void {
  for (const name of groups.names()) {
    const left = placesIn(stateOf(groups.read(name))).filter(
      ({ member }) => member.startsWith(`${run}/`) && !but.has(member),
    );
    for (const { member } of left) groups.change(name, (value) => moved(stateOf(value), { type: 'left', member }));
  }
}

/**
 * Removes groups in which nobody is any more but members whose process died. Whoever waits behind one takes it out itself; this is for
 * those behind whom nobody ever comes. Their runs ask again when they are resumed.
 */
export function removeDeadGroups(groups: Groups, store: Pick<Store, 'isOpen'>): void {
  const areDead = (value: Json | undefined): boolean => placesIn(stateOf(value)).every((place) => isDead(place, store));
  for (const name of groups.names()) {
    // A process takes its run's lock before it asks for the group, so within the change it comes either before or after.
    if (areDead(groups.read(name))) groups.change(name, (value) => (areDead(value) ? undefined : value));
  }
}

function isOpen(store: Pick<Store, 'isOpen'>, run: RunId): boolean {
  try {
    return store.isOpen(run);
  } catch (cause) {
    // Its folder was removed. Whatever else keeps this process from looking doesn't say that the run is over.
    return !(cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND');
  }
}
