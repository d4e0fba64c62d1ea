import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { JournalEntry } from '../../storage/index.ts';
import type { RecordedEvent } from '../port.ts';
import { timeText } from './observer.ts';

/** An entry of a journal as readers are given it. */
export function recorded(run: RunId, { sequence, machine, event }: JournalEntry): RecordedEvent {
  const { type, at } = event;
  if (typeof type !== 'string' || typeof at !== 'number') throw brokenEntry(run, sequence);
  const job = machine.kind === 'job' ? { job: machine.job } : {};
  return { sequence, at: timeText(at), ...job, type, event };
}

function brokenEntry(run: RunId, sequence: number): WaterflowFailure {
  return new WaterflowFailure({
    code: 'JOURNAL_BROKEN',
    message: `event ${sequence} of ${run} has no type or time`,
    remedy: 'Restore the run from a backup; what it did so far is in its logs.',
  });
}
