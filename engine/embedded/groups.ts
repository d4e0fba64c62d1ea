import type { RunId } from '../../schemas/index.ts';
import type { Groups, Store } from '../../storage/index.ts';
import type { Place } from '../driving/group-place.ts';
import { type GroupEvent, type GroupMembership, groupKey, readMember } from '../machine/index.ts';
import type { Clock } from './api.ts';
import { isDead, leaveGroups, moved, placesIn, removeDeadGroups, stateOf } from './group-rows.ts';

/** Where the concurrency groups of a run report to. Called only after what asked for it has returned. */
export interface GroupReports {
  /** `waited`: it wasn't its turn at first. */
  readonly acquired: (place: Place, how: { readonly waited: boolean }) => void;
  readonly superseded: (place: Place, by: string) => void;
  /** It isn't its turn yet. */
  readonly waits: (place: Place) => void;
  readonly broken: (cause: unknown) => void;
}

/** What a run's groups are made of. */
export interface GroupDeskParts {
  readonly store: Pick<Store, 'openGroups' | 'isOpen'>;
  readonly run: RunId;
  readonly tenant: string;
  readonly clock: Clock;
  readonly reports: GroupReports;
}

interface OwnPlace extends Place {
  readonly cancel_in_progress: boolean;
  told: 'nothing' | 'waits' | 'acquired' | 'superseded';
}

/** No notification tells that a process died: whoever waits looks whether the one before it still lives. */
const lookAfterHolderMs = 250;

/**
 * The places of one run in concurrency groups, which the runs of all processes share through the store. A group's machine orders
 * its members; every process moves it in a transaction, and each reads there what concerns its own members. A member whose run no
 * process drives any more is taken out by the one that waits for it: the run's lock says so, within the same transaction, so that
 * a process that takes up the run at that moment comes either before or after.
 */
export class GroupDesk implements Disposable {
  readonly #parts: GroupDeskParts;
  readonly #groups: Groups;
  readonly #places = new Map<string, OwnPlace>();
  #listening: Disposable | undefined;
  #stopWaiting: (() => void) | undefined;

  constructor(parts: GroupDeskParts) {
    this.#parts = parts;
    this.#groups = parts.store.openGroups();
  }

  /** Takes a place in a group. Acquired and superseded are reported later, that it waits at once. */
  acquire(place: Place, options: { readonly cancel_in_progress: boolean }): void {
    const own: OwnPlace = { ...place, ...options, told: 'nothing' };
    this.#places.set(keyOf(place), own);
    this.#listening ??= this.#groups.listen(() => this.#look());
    this.#request(own);
    queueMicrotask(() => this.#look());
  }

  /** Gives a place up, whether it waits or holds the group. */
  release(place: Place): void {
    if (!this.#places.delete(keyOf(place))) return;
    this.#move(place.group, { type: 'left', member: this.#memberOf(place) });
    this.#waitOn();
  }

  /** Gives up what earlier processes of this run left in groups that nobody asks for now. */
  forgetOthers(): void {
    const own = new Set([...this.#places.values()].map((place) => this.#memberOf(place)));
    leaveGroups(this.#groups, this.#parts.run, own);
  }

  /** Removes what processes that died left in groups which nobody else wants. */
  tidy(): void {
    removeDeadGroups(this.#groups, this.#parts.store);
  }

  /** Gives up every place. */
  leave(): void {
    for (const place of this.#places.values()) this.release(place);
  }

  [Symbol.dispose](): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#listening?.[Symbol.dispose]();
    this.#listening = undefined;
    this.#groups[Symbol.dispose]();
  }

  #look(): void {
    if (this.#listening === undefined) return;
    try {
      for (const place of this.#places.values()) this.#tell(place);
      this.#waitOn();
    } catch (cause) {
      this.#parts.reports.broken(cause);
    }
  }

  /** Reports what is new about a place. */
  #tell(place: OwnPlace): void {
    const state = stateOf(this.#groups.read(this.#rowOf(place.group)));
    const member = this.#memberOf(place);
    const found = placesIn(state).find((other) => other.member === member);
    // Somebody removed the state of all groups.
    if (found === undefined) return this.#request(place);
    const { reports } = this.#parts;
    const [told, holds] = [place.told, state.holder === found];
    place.told = found.superseded_by === undefined ? (holds ? 'acquired' : 'waits') : 'superseded';
    if (place.told === told) return;
    if (found.superseded_by !== undefined) reports.superseded(place, nameOf(found.superseded_by));
    else if (holds) reports.acquired(place, { waited: told === 'waits' });
    else reports.waits(place);
  }

  #request(place: OwnPlace): void {
    const { group, cancel_in_progress } = place;
    this.#move(group, { type: 'requested', member: this.#memberOf(place), cancel_in_progress });
  }

  /** Looks after whoever holds a group that this run waits for, as long as it does. */
  #waitOn(): void {
    const waits = [...this.#places.values()].some(({ told }) => told === 'waits');
    if (!waits) {
      this.#stopWaiting?.();
      this.#stopWaiting = undefined;
      return;
    }
    this.#stopWaiting ??= this.#parts.clock.after(lookAfterHolderMs, () => {
      this.#stopWaiting = undefined;
      try {
        for (const { group, told } of this.#places.values()) if (told === 'waits') this.#skipDead(group);
      } catch (cause) {
        return this.#parts.reports.broken(cause);
      }
      this.#look();
    });
  }

  #skipDead(group: string): void {
    const { holder } = stateOf(this.#groups.read(this.#rowOf(group)));
    if (holder === undefined || !this.#hasDied(holder)) return;
    this.#groups.change(this.#rowOf(group), (value) => {
      const state = stateOf(value);
      return state.holder === undefined || !this.#hasDied(state.holder)
        ? value
        : moved(state, { type: 'left', member: state.holder.member });
    });
  }

  #hasDied(place: GroupMembership): boolean {
    return !place.member.startsWith(`${this.#parts.run}/`) && isDead(place, this.#parts.store);
  }

  #move(group: string, event: GroupEvent): void {
    this.#moveRow(this.#rowOf(group), event);
  }

  #moveRow(row: string, event: GroupEvent): void {
    this.#groups.change(row, (value) => moved(stateOf(value), event));
  }

  /** Tenants have groups of their own. */
  #rowOf(group: string): string {
    return JSON.stringify([this.#parts.tenant, groupKey(group)]);
  }

  #memberOf({ member }: Place): string {
    return `${this.#parts.run}/${member}`;
  }
}

/** A member of any run, for messages: its run, and its job where it is one. */
function nameOf(member: string): string {
  const end = member.indexOf('/');
  const [run, read] = [member.slice(0, end), readMember(member.slice(end + 1))];
  const job = read.kind === 'job' ? read.job : read.caller;
  return job === undefined ? run : `${run}/${job}`;
}

function keyOf({ group, member }: Place): string {
  return JSON.stringify([groupKey(group), member]);
}
