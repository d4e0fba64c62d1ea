import type { JournalEntry } from '../../storage/index.ts';
import type { RunNotice } from '../port.ts';
import { type Addressed, type Effect, type Machines, toEntry } from './machines.ts';
import type { Observer } from './observer.ts';

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
  { machines, observer }: { readonly machines: Machines; readonly observer: Observer },
): Turn {
  const entries: Omit<JournalEntry, 'sequence'>[] = [];
  const effects: Effect[] = [];
  const notices: RunNotice[] = [];
  const queue = [...inbox];
  for (const addressed of queue) {
    const applied = machines.apply(addressed);
    if (applied === undefined) continue;
    const { change, consequences } = applied;
    entries.push(toEntry(addressed));
    // An array's iterator also visits what is appended while it runs.
    queue.push(...consequences.events);
    effects.push(...consequences.effects);
    notices.push(...observer.follow(change));
  }
  return { entries, effects, notices };
}
