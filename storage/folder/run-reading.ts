import type { DatabaseSync } from 'node:sqlite';
import type { Json, RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { JournalEntry, PlacedSegment, RunReading, RunRecord, SkimmedSegments } from '../port.ts';
import { inspectDatabase } from './database.ts';
import { attempt, isCorrupt, type StorageAttempt, storageFailure } from './failures.ts';
import { broken, follow, journalFormat, parseMachine, readKeyed, readRecord } from './journal.ts';
import type { JournalHead } from './journal-head.ts';
import type { RunLayout } from './layout.ts';
import { type LogAddress, LogTails, readLogsAfter, skimLogsAfter } from './logs.ts';

/** A run's folder, opened to look at it. */
export class FolderRunReading implements RunReading {
  readonly run: RunId;
  readonly #layout: RunLayout;
  readonly #database: DatabaseSync;
  readonly #tails: LogTails;
  readonly #record: { readonly record: RunRecord; readonly checksum: number };

  constructor(run: RunId, layout: RunLayout) {
    this.run = run;
    this.#layout = layout;
    this.#tails = new LogTails(layout.logs);
    try {
      const { database, record } = openJournal(run, layout);
      this.#database = database;
      this.#record = record;
    } catch (cause) {
      throw readingFailure(cause, { layout, intact: 0 });
    }
  }

  record(): RunRecord {
    return this.#record.record;
  }

  *entries(after = 0): IterableIterator<JournalEntry> {
    let head = { sequence: after, checksum: this.#record.checksum };
    try {
      const start = after === 0 ? head : this.#headAt(after);
      // Nothing comes after what isn't there yet.
      if (start === undefined) return;
      head = start;
      const rows = this.#database.prepare('SELECT * FROM entries WHERE sequence > ? ORDER BY sequence');
      for (const row of rows.iterate(after)) {
        const [machine, text] = [String(row['machine']), String(row['event'])];
        const next = follow(head, { machine, event: text });
        const isNext = row['sequence'] === next.sequence && row['checksum'] === next.checksum;
        const reason = `entry ${next.sequence} was changed or is missing`;
        if (!isNext) throw broken(this.#layout, { intact: head.sequence, reason });
        head = next;
        // The checksum holds, so this is what append() wrote.
        const event = JSON.parse(text) as JournalEntry['event'];
        yield { sequence: next.sequence, machine: parseMachine(machine), event };
      }
    } catch (cause) {
      throw readingFailure(cause, { layout: this.#layout, intact: head.sequence });
    }
  }

  #headAt(sequence: number): JournalHead | undefined {
    const row = this.#database.prepare('SELECT checksum FROM entries WHERE sequence = ?').get(sequence);
    return row === undefined ? undefined : { sequence, checksum: Number(row['checksum']) };
  }

  get(key: string): Json | undefined {
    return attempt({ doing: `get ${key}`, file: this.#layout.journal }, () => readKeyed(this.#database, key));
  }

  tail(step: LogAddress, lines: number): string {
    return this.#tails.tail(step, lines);
  }

  logsAfter(position: number): IterableIterator<PlacedSegment> {
    return readLogsAfter(this.#layout.logs, position);
  }

  skimLogs(position: number): IterableIterator<SkimmedSegments> {
    return skimLogsAfter(this.#layout.logs, position);
  }

  [Symbol.dispose](): void {
    this.#tails[Symbol.dispose]();
    if (this.#database.isOpen) this.#database.close();
  }
}

function openJournal(run: RunId, layout: RunLayout) {
  const database = inspectDatabase(layout.journal, journalFormat);
  try {
    const record = readRecord(run, database);
    if (record === undefined) throw broken(layout, { intact: 0, reason: 'its record of the run is damaged' });
    return { database, record };
  } catch (cause) {
    database.close();
    throw cause;
  }
}

function reading({ journal }: RunLayout): StorageAttempt {
  return { doing: 'read the journal', file: journal };
}

/** Why a journal can't be read on, after so many entries. */
function readingFailure(
  cause: unknown,
  { layout, intact }: { readonly layout: RunLayout; readonly intact: number },
): WaterflowFailure {
  return isCorrupt(cause)
    ? broken(layout, { intact, reason: 'what follows is not readable', cause })
    : storageFailure(cause, reading(layout));
}
