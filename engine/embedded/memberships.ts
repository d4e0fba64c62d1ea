import type { JobKey } from '../../schemas/index.ts';
import type { Place } from '../driving/group-place.ts';
import type { Addressed, Effect } from '../driving/machines.ts';
import type { Observer } from '../driving/observer.ts';
import type { RunNotice } from '../port.ts';
import { Gates, type Withheld } from './gates.ts';
import { GroupDesk, type GroupDeskParts } from './groups.ts';

/** What the memberships of a run are made of. */
export interface MembershipParts extends Omit<GroupDeskParts, 'reports'> {
  readonly observer: Observer;
  /** The time of events, in ms since the epoch. */
  readonly time: () => number;
  readonly tell: (notice: RunNotice) => void;
  /** What waited for a group goes on, and then the event is taken in. */
  readonly goOn: (withheld: Withheld | undefined, event: Addressed) => void;
  readonly broken: (cause: unknown) => void;
}

/** The places of a run in concurrency groups, and what waits for those that a crash may have cost it. */
export class Memberships implements Disposable {
  readonly #parts: MembershipParts;
  readonly #gates = new Gates();
  /** Opened when it is first needed: most runs are in no group. */
  #desk: GroupDesk | undefined;

  constructor(parts: MembershipParts) {
    this.#parts = parts;
  }

  acquire(place: Place, options: { readonly cancel_in_progress: boolean }): void {
    this.#open().acquire(place, options);
  }

  release(place: Place): void {
    this.#desk?.release(place);
  }

  /** These are asked for again, since somebody else may have them by now; until then nothing of their jobs goes on. */
  waitAgain(places: readonly Place[]): void {
    for (const place of places) this.#gates.close(place);
  }

  /** Nothing waits any more. */
  waitNoMore(): Withheld {
    return this.#gates.openAll();
  }

  /** The group that a job waits for after a crash. */
  awaitedBy(job: JobKey): string | undefined {
    return this.#gates.holds(job);
  }

  withholdEvent(event: Addressed): boolean {
    return this.#gates.withholdEvent(event);
  }

  withholdEffect(effect: Effect): boolean {
    return this.#gates.withholdEffect(effect);
  }

  /** Gives up what earlier processes of this run left in groups that nobody has asked for since. */
  forgetOthers(): void {
    this.#open().forgetOthers();
  }

  /** Gives up every place. */
  leave(): void {
    this.#desk?.leave();
  }

  /** Once this run is in no group any more: removes what others that died left there, where nobody else would. */
  tidy(): void {
    this.#desk?.tidy();
  }

  [Symbol.dispose](): void {
    this.#desk?.[Symbol.dispose]();
  }

  #open(): GroupDesk {
    this.#desk ??= new GroupDesk({ ...this.#parts, reports: this.#reports() });
    return this.#desk;
  }

  #reports(): GroupDeskParts['reports'] {
    const { observer, time, tell, goOn, broken } = this.#parts;
    const machine = { kind: 'run' } as const;
    return {
      acquired: ({ group, member }, { waited }) => {
        const withheld = this.#gates.open({ group, member });
        // The machine knows no other than that it had the group all the time.
        if (withheld !== undefined && waited) tell(observer.groupAcquired({ group, member }, time()));
        goOn(withheld, { machine, event: { type: 'group_acquired', at: time(), group, member } });
      },
      superseded: ({ group, member }, by) => {
        const event = { type: 'group_superseded', at: time(), group, member, by } as const;
        goOn(this.#gates.open({ group, member }), { machine, event });
      },
      waits: (place) => tell(observer.groupWaiting(place, time())),
      broken,
    };
  }
}
