import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { JobKey, StepKey } from '../../schemas/index.ts';
import type { LogSegment, PlacedSegment, SkimmedSegments } from '../port.ts';
import { type DatabaseFormat, inspectDatabase, makeDatabase, openDatabase } from './database.ts';
import { attempt, attemptEach, type StorageAttempt } from './failures.ts';
import { ensurePrivateFile, ensurePrivateFolder } from './private-files.ts';
import { skimSegments } from './skimming.ts';

/** Names one attempt of a step, of which a log is kept. */
export type LogAddress = Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>;

/** The most that is kept of one attempt's log, so that a step that floods its log can't fill the disk. */
export const defaultLogLimitBytes: number = 64 * 1024 * 1024;

/** The most that tail() looks at: a line may have any length. */
const tailBytes = 64 * 1024;

const format: DatabaseFormat = {
  version: 1,
  synchronous: 'NORMAL',
  schema: `
    CREATE TABLE attempts (id INTEGER PRIMARY KEY, job TEXT NOT NULL, step TEXT NOT NULL,
      job_attempt INTEGER NOT NULL, attempt INTEGER NOT NULL, UNIQUE (job, step, job_attempt, attempt)) STRICT;
    CREATE TABLE segments (position INTEGER PRIMARY KEY, attempt_id INTEGER NOT NULL REFERENCES attempts,
      sequence INTEGER NOT NULL, at INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL,
      UNIQUE (attempt_id, sequence)) STRICT;
  `,
};

/** All of a {@link LogSegment}. */
const columns = 'job, step, job_attempt, attempt, sequence, at, stream, text';

interface LogState {
  readonly id: number;
  bytes: number;
  /** The limit was reached and the log says so. */
  closed: boolean;
}

/** Makes the empty logs of a new run. Nobody else may know the folder yet. */
export function createLogs(file: string): void {
  attempt({ doing: 'make the logs', file }, () => {
    ensurePrivateFolder(dirname(file));
    ensurePrivateFile(file);
    makeDatabase(file, format);
  });
}

/**
 * The logs of a run's steps, in the order in which they were written. They survive the process at once and a power failure
 * up to the last checkpoint: a sync for each line would cost more than the step. They lie apart from the journal, so that
 * neither harms the other.
 */
export class Logs implements Disposable {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #limitBytes: number;
  readonly #insert: StatementSync;
  readonly #states = new Map<string, LogState>();

  constructor(file: string, limitBytes: number) {
    this.#file = file;
    this.#limitBytes = limitBytes;
    this.#database = attempt(this.#doing('open the logs'), () => {
      ensurePrivateFile(file);
      return openDatabase(file, format);
    });
    this.#insert = this.#database.prepare(
      'INSERT INTO segments (attempt_id, sequence, at, stream, text) VALUES (?, ?, ?, ?, ?)',
    );
  }

  /** Beyond the limit one last segment says so, and what follows is dropped. */
  append(segment: LogSegment): void {
    attempt(this.#doing('write a log'), () => {
      const state = this.#stateOf(segment);
      if (state.closed) return;
      const bytes = Buffer.byteLength(segment.text);
      if (state.bytes + bytes <= this.#limitBytes) {
        this.#insert.run(state.id, segment.sequence, segment.at, segment.stream, segment.text);
        state.bytes += bytes;
        return;
      }
      const notice = `The log is longer than ${this.#limitBytes} bytes: the rest is not kept.\n`;
      this.#insert.run(state.id, segment.sequence, segment.at, 'log', notice);
      state.closed = true;
    });
  }

  tail(address: LogAddress, lines: number): string {
    return attempt(this.#doing('read a log'), () => lastLinesOf(this.#database, address, lines));
  }

  *read(address?: LogAddress): IterableIterator<LogSegment> {
    for (const row of attemptEach(this.#doing('read the logs'), () => this.#rows(address))) {
      yield toSegment(row);
    }
  }

  #rows(address: LogAddress | undefined): Iterable<Record<string, unknown>> {
    const from = `SELECT ${columns} FROM segments JOIN attempts ON attempt_id = id`;
    if (address === undefined) return this.#database.prepare(`${from} ORDER BY position`).iterate();
    return this.#database
      .prepare(`${from} WHERE job = ? AND step = ? AND job_attempt = ? AND attempt = ? ORDER BY sequence`)
      .iterate(address.job, address.step, address.job_attempt, address.attempt);
  }

  [Symbol.dispose](): void {
    if (this.#database.isOpen) this.#database.close();
  }

  #stateOf(address: LogAddress): LogState {
    const key = JSON.stringify([address.job, address.step, address.job_attempt, address.attempt]);
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state = this.#loadState(address);
    this.#states.set(key, state);
    return state;
  }

  #loadState(address: LogAddress): LogState {
    const found = findAttempt(this.#database, address);
    if (found !== undefined) {
      const sum = 'SELECT coalesce(sum(octet_length(text)), 0) AS bytes FROM segments WHERE attempt_id = ?';
      return { id: found, bytes: Number(this.#database.prepare(sum).get(found)?.['bytes']), closed: false };
    }
    const added = this.#database
      .prepare('INSERT INTO attempts (job, step, job_attempt, attempt) VALUES (?, ?, ?, ?)')
      .run(address.job, address.step, address.job_attempt, address.attempt);
    return { id: Number(added.lastInsertRowid), bytes: 0, closed: false };
  }

  #doing(doing: string): StorageAttempt {
    return { doing, file: this.#file };
  }
}

/** Logs that are only looked at. Another process may be writing. */
export class LogTails implements Disposable {
  readonly #file: string;
  #database: DatabaseSync | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** The last lines of a step's attempt. */
  tail(address: LogAddress, lines: number): string {
    if (this.#database === undefined && !existsSync(this.#file)) return '';
    return attempt({ doing: 'read a log', file: this.#file }, () => {
      // A run may have failed steps by the thousand.
      this.#database ??= inspectDatabase(this.#file, format);
      return lastLinesOf(this.#database, address, lines);
    });
  }

  [Symbol.dispose](): void {
    if (this.#database?.isOpen === true) this.#database.close();
  }
}

function lastLinesOf(database: DatabaseSync, address: LogAddress, lines: number): string {
  const id = findAttempt(database, address);
  if (id === undefined) return '';
  const newestFirst = database.prepare('SELECT text FROM segments WHERE attempt_id = ? ORDER BY sequence DESC');
  let text = '';
  for (const row of newestFirst.iterate(id)) {
    text = `${String(row['text'])}${text}`.slice(-tailBytes);
    if (text.length >= tailBytes || countLines(text) > lines) break;
  }
  return lastLines(text, lines);
}

function findAttempt(database: DatabaseSync, address: LogAddress): number | undefined {
  const row = database
    .prepare('SELECT id FROM attempts WHERE job = ? AND step = ? AND job_attempt = ? AND attempt = ?')
    .get(address.job, address.step, address.job_attempt, address.attempt);
  return row === undefined ? undefined : Number(row['id']);
}

/** What is read at a time, in segments and in characters: as much memory as that takes each reader. */
const most = { segments: 512, text: 64 * 1024 };

/** What was logged after a position. Another process may be writing, and isn't held up by a reader who takes their time. */
export function* readLogsAfter(file: string, position: number): IterableIterator<PlacedSegment> {
  if (!existsSync(file)) return;
  const reading = { doing: 'read the logs', file };
  const database = attempt(reading, () => inspectDatabase(file, format));
  try {
    const pageAfter = attempt(reading, () => pagesOf(database));
    let page = attempt(reading, () => pageAfter(position));
    for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
      yield* page;
      const after = last.position;
      page = attempt(reading, () => pageAfter(after));
    }
  } finally {
    database.close();
  }
}

/** See RunReading.skimLogs. Another process may be writing. */
export function* skimLogsAfter(file: string, position: number): IterableIterator<SkimmedSegments> {
  if (!existsSync(file)) return;
  const reading = { doing: 'search the logs', file };
  const database = attempt(reading, () => inspectDatabase(file, format));
  try {
    yield* skimSegments(database, position, reading);
  } finally {
    database.close();
  }
}

/** The columns of a segment's row, as append() wrote them from a LogSegment. */
type SegmentRow = readonly [
  position: number,
  attempt: number,
  sequence: number,
  at: number,
  stream: LogSegment['stream'],
  text: string,
];

function pagesOf(database: DatabaseSync): (position: number) => readonly PlacedSegment[] {
  const select = database.prepare(
    'SELECT position, attempt_id, sequence, at, stream, text FROM segments WHERE position > ? ORDER BY position',
  );
  select.setReturnArrays(true);
  const addressOf = addressesOf(database);
  return (after) => {
    const page: PlacedSegment[] = [];
    let size = 0;
    // Arrays, which the types of node:sqlite don't know, of the columns that are selected.
    for (const row of select.iterate(after) as unknown as Iterable<SegmentRow>) {
      const [position, id, sequence, at, stream, text] = row;
      const { job, step, job_attempt, attempt: number } = addressOf(id);
      page.push({ job, step, job_attempt, attempt: number, sequence, at, stream, text, position });
      size += text.length;
      if (page.length >= most.segments || size >= most.text) break;
    }
    return page;
  };
}

/** Whose a segment is. An attempt of a step has many, one after the other. */
function addressesOf(database: DatabaseSync): (id: number) => LogAddress {
  const select = database.prepare('SELECT job, step, job_attempt, attempt FROM attempts WHERE id = ?');
  const known = new Map<number, LogAddress>();
  return (id) => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const row = select.get(id);
    const address = {
      // append() wrote both from a LogSegment.
      job: String(row?.['job']) as JobKey,
      step: String(row?.['step']) as StepKey,
      job_attempt: Number(row?.['job_attempt']),
      attempt: Number(row?.['attempt']),
    };
    known.set(id, address);
    return address;
  };
}

function toSegment(row: Record<string, unknown>): LogSegment {
  return {
    // append() wrote the three from a LogSegment.
    job: String(row['job']) as JobKey,
    step: String(row['step']) as StepKey,
    job_attempt: Number(row['job_attempt']),
    attempt: Number(row['attempt']),
    sequence: Number(row['sequence']),
    at: Number(row['at']),
    stream: String(row['stream']) as LogSegment['stream'],
    text: String(row['text']),
  };
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

function lastLines(text: string, lines: number): string {
  const whole = text.endsWith('\n') ? text.slice(0, -1) : text;
  return lines <= 0 ? '' : whole.split('\n').slice(-lines).join('\n');
}
