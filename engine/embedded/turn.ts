import type { JournalEntry } from '../../storage/index.ts';
import { type Addressed, type Effect, type Machines, toEntry } from '../driving/machines.ts';
import type { Observer } from '../driving/observer.ts';
import type { RunNotice } from '../port.ts';
import type { HeldSteps } from './held-steps.ts';
import type { Memberships } from './memberships.ts';

/** What a turn writes, does after it is written, and tells after that. */
export interface Turn {
  readonly entries: readonly Omit<JournalEntry, 'sequence'>[];
  readonly effects: readonly Effect[];
  readonly notices: readonly RunNotice[];
}

/**
 * Feeds the machines with what waits in the inbox and with what follows from it in other machines, until nothing is left.
 * Events that change nothing leave no trace.
 */
export function takeIn(
  inbox: readonly Addressed[],
  parts: {
    readonly machines: Machines;
    readonly observer: Observer;
    readonly memberships: Memberships;
    readonly held: HeldSteps;
  },
): Turn {
  const { machines, observer, memberships, held } = parts;
  const entries: Omit<JournalEntry, 'sequence'>[] = [];
  const effects: Effect[] = [];
  const notices: RunNotice[] = [];
  const queue = [...inbox];
  for (const addressed of queue) {
    if (memberships.withholdEvent(addressed)) continue;
    const applied = machines.apply(addressed);
    if (applied === undefined) continue;
    const { change } = applied;
    held.follow(change);
    const consequences = held.take(applied.consequences, addressed.event.at);
    entries.push(toEntry(addressed));
    // An array's iterator also visits what is appended while it runs.
    queue.push(...consequences.events);
    effects.push(...consequences.effects);
    notices.push(...observer.follow(change));
    for (const effect of consequences.effects) notices.push(...observer.asked(effect, addressed.event.at));
  }
  return { entries, effects, notices };
}
