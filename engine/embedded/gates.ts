import { assertNever, type JobKey } from '../../schemas/index.ts';
import type { Place } from '../driving/group-place.ts';
import type { Addressed, Effect } from '../driving/machines.ts';
import { readMember } from '../machine/index.ts';

/** What waits for a group: events that a job's machine hasn't seen, effects that haven't been carried out. */
export interface Withheld {
  readonly events: readonly Addressed[];
  readonly effects: readonly Effect[];
}

/**
 * After a crash somebody else may have a group that this run held. Until it is the run's again, nothing of the jobs that the group is
 * for goes on: their machines get no event, and what they had asked for isn't carried out. Nothing of that is journaled
 * meanwhile, so that another crash finds the jobs as they were.
 */
export class Gates {
  readonly #closed = new Map<string, Place>();
  #events: Addressed[] = [];
  #effects: Effect[] = [];

  close(place: Place): void {
    this.#closed.set(keyOf(place), place);
  }

  /** Gives what waited for this group and no other; undefined where nobody waited for it. */
  open(place: Place): Withheld | undefined {
    return this.#closed.delete(keyOf(place)) ? this.#giveOut() : undefined;
  }

  openAll(): Withheld {
    this.#closed.clear();
    return this.#giveOut();
  }

  /** The group that a job waits for. */
  holds(job: JobKey): string | undefined {
    return [...this.#closed.values()].find(({ member }) => covers(member, job))?.group;
  }

  /** Takes an event for later if its machine must not see it yet. */
  withholdEvent(event: Addressed): boolean {
    if (event.machine.kind === 'run' || this.holds(event.machine.job) === undefined) return false;
    this.#events.push(event);
    return true;
  }

  /** As {@link withholdEvent}. */
  withholdEffect(effect: Effect): boolean {
    if (effect.kind !== 'job' || this.holds(effect.job) === undefined) return false;
    this.#effects.push(effect);
    return true;
  }

  #giveOut(): Withheld {
    const [events, effects] = [this.#events, this.#effects];
    this.#events = [];
    this.#effects = [];
    return {
      events: events.filter((event) => !this.withholdEvent(event)),
      effects: effects.filter((effect) => !this.withholdEffect(effect)),
    };
  }
}

/** A member is the whole run, a whole called workflow, or a job with whatever it calls. */
function covers(member: string, job: JobKey): boolean {
  const read = readMember(member);
  switch (read.kind) {
    case 'workflow':
      return read.caller === undefined || isBelow(job, read.caller);
    case 'job':
      return job === read.job || isBelow(job, read.job);
    default:
      return assertNever(read);
  }
}

function isBelow(job: JobKey, caller: string): boolean {
  return job.startsWith(`${caller} / `);
}

function keyOf({ group, member }: Place): string {
  return JSON.stringify([group, member]);
}
