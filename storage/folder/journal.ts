import { existsSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { isJsonObject, type JobKey, type Json, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { JournalEntry, RunRecord } from '../port.ts';
import { type DatabaseFormat, inspectDatabase, makeDatabase, openDatabase, transaction } from './database.ts';
import { attempt, attemptEach, isCorrupt, storageFailure } from './failures.ts';
import { formatHead, type JournalHead, JournalHeadFile, readHead } from './journal-head.ts';
import type { RunLayout } from './layout.ts';
import { ensurePrivateFile, writePrivateFile } from './private-files.ts';

/** `machine` is `run`, or `job:` and the job's key. `checksum` is a CRC-32 over this entry and all before it. */
export const journalFormat: DatabaseFormat = {
  version: 1,
  synchronous: 'FULL',
  schema: `
    CREATE TABLE record (one INTEGER PRIMARY KEY CHECK (one = 1), record TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;
    CREATE TABLE entries (sequence INTEGER PRIMARY KEY, machine TEXT NOT NULL, event TEXT NOT NULL, checksum INTEGER NOT NULL) STRICT;
    CREATE TABLE keyed (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
};

/** Makes the journal of a new run, empty but for its record. Nobody else may know the folder yet. */
export function createJournal(layout: RunLayout, record: RunRecord): void {
  attempt({ doing: 'make the journal', file: layout.journal }, () => {
    ensurePrivateFile(layout.journal);
    const text = JSON.stringify(record);
    const checksum = crc32(text);
    makeDatabase(layout.journal, journalFormat, (database) => {
      database.prepare('INSERT INTO record VALUES (1, ?, ?)').run(text, checksum);
    });
    writePrivateFile(layout.head, formatHead({ sequence: 0, checksum }), { durable: true });
  });
}

/** A run's events, its record and its keyed values. Whoever opens it holds the run's lock. */
export class Journal implements Disposable {
  readonly record: RunRecord;
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #headFile: JournalHeadFile;
  readonly #insert: StatementSync;
  readonly #keep: StatementSync;
  #head: JournalHead;

  /** Checks every entry before anything may be written; JOURNAL_BROKEN leaves the files as they are. */
  constructor(run: RunId, layout: RunLayout) {
    const opening = { doing: 'open the journal', file: layout.journal };
    const { record, head } = attempt(opening, () => inspectJournal(run, layout));
    this.record = record;
    this.#head = head;
    this.#file = layout.journal;
    this.#headFile = attempt(opening, () => new JournalHeadFile(layout.head));
    try {
      this.#database = openDatabase(layout.journal, journalFormat);
      this.#insert = this.#database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?)');
      this.#keep = this.#database.prepare('INSERT OR REPLACE INTO keyed VALUES (?, ?)');
    } catch (cause) {
      this.#headFile[Symbol.dispose]();
      throw storageFailure(cause, opening);
    }
  }

  /** Durable when it returns: all entries and values, or none. */
  append(entries: readonly Omit<JournalEntry, 'sequence'>[], values: Readonly<Record<string, Json>> = {}): void {
    const keyed = Object.entries(values);
    if (entries.length === 0 && keyed.length === 0) return;
    attempt({ doing: 'append to the journal', file: this.#file }, () => {
      let head = this.#head;
      transaction(this.#database, () => {
        for (const entry of entries) {
          const machine = machineText(entry.machine);
          const event = JSON.stringify(entry.event);
          head = follow(head, { machine, event });
          this.#insert.run(head.sequence, machine, event, head.checksum);
        }
        for (const [key, value] of keyed) this.#keep.run(key, JSON.stringify(value));
      });
      this.#head = head;
      this.#headFile.write(head);
    });
  }

  *entries(): IterableIterator<JournalEntry> {
    const select = 'SELECT sequence, machine, event FROM entries ORDER BY sequence';
    const rows = () => this.#database.prepare(select).iterate();
    for (const row of attemptEach({ doing: 'read the journal', file: this.#file }, rows)) {
      // Every entry was checked when the journal was opened, or written by this process.
      const event = JSON.parse(String(row['event'])) as JournalEntry['event'];
      yield { sequence: Number(row['sequence']), machine: parseMachine(String(row['machine'])), event };
    }
  }

  set(key: string, value: Json): void {
    attempt({ doing: `set ${key}`, file: this.#file }, () => this.#keep.run(key, JSON.stringify(value)));
  }

  get(key: string): Json | undefined {
    return attempt({ doing: `get ${key}`, file: this.#file }, () => readKeyed(this.#database, key));
  }

  [Symbol.dispose](): void {
    this.#headFile[Symbol.dispose]();
    if (this.#database.isOpen) this.#database.close();
  }
}

/** A value of a journal that another process may be writing: nothing is checked, locked or written. */
export function peekKeyed(layout: RunLayout, key: string): Json | undefined {
  return attempt({ doing: `look up ${key}`, file: layout.journal }, () => {
    const database = inspectDatabase(layout.journal, journalFormat);
    try {
      return readKeyed(database, key);
    } finally {
      database.close();
    }
  });
}

/** The value of a key. */
export function readKeyed(database: DatabaseSync, key: string): Json | undefined {
  const row = database.prepare('SELECT value FROM keyed WHERE key = ?').get(key);
  // Only this file writes there, and it writes JSON.
  return row === undefined ? undefined : (JSON.parse(String(row['value'])) as Json);
}

function machineText(machine: JournalEntry['machine']): string {
  return machine.kind === 'run' ? 'run' : `job:${machine.job}`;
}

/** The machine that an entry is for, as the journal keeps it. */
export function parseMachine(text: string): JournalEntry['machine'] {
  // machineText() wrote it, from a JobKey.
  return text === 'run' ? { kind: 'run' } : { kind: 'job', job: text.slice('job:'.length) as JobKey };
}

/** The head after one more entry. */
export function follow(head: JournalHead, entry: { readonly machine: string; readonly event: string }): JournalHead {
  const sequence = head.sequence + 1;
  return { sequence, checksum: crc32(`${sequence}\n${entry.machine}\n${entry.event}`, head.checksum) };
}

/** Reads the whole journal without writing to it, and checks it; the record and where the journal ends. */
function inspectJournal(run: RunId, layout: RunLayout): { readonly record: RunRecord; readonly head: JournalHead } {
  let intact = 0;
  try {
    const database = inspectDatabase(layout.journal, journalFormat);
    try {
      const record = readRecord(run, database);
      if (record === undefined) throw broken(layout, { intact, reason: 'its record of the run is damaged' });
      let head: JournalHead = { sequence: 0, checksum: record.checksum };
      const known = readHead(layout.head);
      let knownChecksum = known?.sequence === 0 ? head.checksum : undefined;
      for (const row of database.prepare('SELECT * FROM entries ORDER BY sequence').iterate()) {
        const next = follow(head, { machine: String(row['machine']), event: String(row['event']) });
        if (row['sequence'] !== next.sequence)
          throw broken(layout, { intact, reason: `entry ${next.sequence} is missing` });
        if (row['checksum'] !== next.checksum)
          throw broken(layout, { intact, reason: `entry ${next.sequence} was changed` });
        head = next;
        intact = head.sequence;
        if (head.sequence === known?.sequence) knownChecksum = head.checksum;
      }
      if (known === undefined) throw broken(layout, { intact, reason: `${layout.head} is missing or damaged` });
      if (known.sequence > intact) {
        throw broken(layout, { intact, reason: `${known.sequence} entries were written and the rest is missing` });
      }
      if (known.checksum !== knownChecksum) {
        throw broken(layout, { intact, reason: `it is not the journal that ${layout.head} belongs to` });
      }
      return { record: record.record, head };
    } finally {
      database.close();
    }
  } catch (cause) {
    if (!existsSync(layout.journal)) throw broken(layout, { intact, reason: 'its file is gone', cause });
    if (isCorrupt(cause)) throw broken(layout, { intact, reason: 'what follows is not readable', cause });
    throw cause;
  }
}

/** The record of a run, and the checksum with which its entries begin; undefined where it is damaged. */
export function readRecord(
  run: RunId,
  database: DatabaseSync,
): { readonly record: RunRecord; readonly checksum: number } | undefined {
  const row = database.prepare('SELECT record, checksum FROM record').get();
  const text = String(row?.['record']);
  const checksum = crc32(text);
  if (row?.['checksum'] !== checksum) return undefined;
  // The checksum holds, so this is what createJournal() wrote.
  const parsed = JSON.parse(text) as Json;
  if (!isJsonObject(parsed) || parsed['version'] !== 1 || parsed['run'] !== run) return undefined;
  // As above.
  return { record: parsed as unknown as RunRecord, checksum };
}

/** A journal that isn't as it was written. */
export function broken(
  layout: RunLayout,
  found: { readonly intact: number; readonly reason: string; readonly cause?: unknown },
): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'JOURNAL_BROKEN',
      message: `the journal ${layout.journal} is broken: ${found.reason}. Its first ${found.intact} entries are intact`,
      remedy: `Nothing was changed. Restore ${layout.folder} from a backup and resume, or start the workflow anew. What is intact can be read with \`sqlite3 -readonly ${layout.journal} 'SELECT sequence, machine, event FROM entries WHERE sequence <= ${found.intact}'\`.`,
      file: layout.journal,
    },
    { cause: found.cause },
  );
}
