import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { JobKey, RunId, StepKey } from '../../../schemas/index.ts';
import { type DatabaseFormat, inspectDatabase, openDatabase, transaction } from '../../folder/database.ts';
import { attempt, attemptEach } from '../../folder/failures.ts';
import { ensurePrivateFile, ensurePrivateFolder } from '../../folder/private-files.ts';
import { skimSegments } from '../../folder/skimming.ts';
import type { LogSegment, PlacedSegment, SkimmedSegments } from '../../port.ts';
import type { LogAddress, Shipped, ShippedLogs } from '../port.ts';
import { addressOf, type Standing, shippedOf, take } from '../standing.ts';
import { Watchers } from '../watchers.ts';

/** Files that stay open between batches. */
const mostOpen = 32;

const format: DatabaseFormat = {
  version: 1,
  // An agent forgets what was acknowledged.
  synchronous: 'FULL',
  schema: `
    CREATE TABLE attempts (id INTEGER PRIMARY KEY, job TEXT NOT NULL, step TEXT NOT NULL, job_attempt INTEGER NOT NULL,
      attempt INTEGER NOT NULL, next INTEGER NOT NULL, bytes INTEGER NOT NULL,
      UNIQUE (job, step, job_attempt, attempt)) STRICT;
    CREATE TABLE segments (position INTEGER PRIMARY KEY, attempt_id INTEGER NOT NULL REFERENCES attempts,
      sequence INTEGER NOT NULL, at INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL) STRICT;
  `,
};

/** A file of SQLite for each run, so that a run's logs are removed by removing it. For one server. */
export function openFolderLogs({
  folder,
  limitBytes,
}: {
  readonly folder: string;
  readonly limitBytes: number;
}): ShippedLogs {
  const open = new OpenFiles(folder);
  const watchers = new Watchers();
  return {
    async append(run, segments) {
      const shipped = attempt({ doing: 'keep logs of an agent', file: open.fileOf(run) }, () =>
        appendTo(open.of(run), segments, limitBytes),
      );
      watchers.tell(run);
      return shipped;
    },
    read: (run, after) => readFrom(open.fileOf(run), after),
    skim: (run, after) => skimFrom(open.fileOf(run), after),
    watch: (run, changed) => watchers.watch(run, changed),
    remove: async (run) => open.remove(run),
    [Symbol.asyncDispose]: async () => open.close(),
  };
}

class OpenFiles {
  readonly #folder: string;
  /** The one that was used last is the last to be closed. */
  readonly #open = new Map<RunId, DatabaseSync>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  fileOf(run: RunId): string {
    return join(this.#folder, `${run}.sqlite`);
  }

  of(run: RunId): DatabaseSync {
    const known = this.#open.get(run);
    this.#open.delete(run);
    const database = known ?? this.#make(run);
    this.#open.set(run, database);
    const [oldest] = this.#open.keys();
    if (this.#open.size > mostOpen && oldest !== undefined) this.#close(oldest);
    return database;
  }

  remove(run: RunId): void {
    this.#close(run);
    for (const suffix of ['', '-wal', '-shm']) rmSync(`${this.fileOf(run)}${suffix}`, { force: true });
  }

  close(): void {
    for (const run of this.#open.keys()) this.#close(run);
  }

  #make(run: RunId): DatabaseSync {
    ensurePrivateFolder(this.#folder);
    ensurePrivateFile(this.fileOf(run));
    return openDatabase(this.fileOf(run), format);
  }

  #close(run: RunId): void {
    this.#open.get(run)?.close();
    this.#open.delete(run);
  }
}

function appendTo(database: DatabaseSync, segments: readonly LogSegment[], limitBytes: number): readonly Shipped[] {
  const standings = new Map<string, Standing>();
  transaction(database, () => {
    const insert = database.prepare(
      'INSERT INTO segments (attempt_id, sequence, at, stream, text) VALUES (?, ?, ?, ?, ?)',
    );
    const find = attemptFinder(database);
    for (const segment of segments) {
      const standing = standingOf(find, segment, standings);
      const kept = take(segment, standing, limitBytes);
      if (kept !== undefined) insert.run(standing.id, segment.sequence, segment.at, kept.stream, kept.text);
    }
    const update = database.prepare('UPDATE attempts SET next = ?, bytes = ? WHERE id = ?');
    for (const { next, bytes, id } of standings.values()) update.run(next, bytes, id);
  });
  return shippedOf(standings.values());
}

type FindAttempt = (address: LogAddress) => Pick<Standing, 'id' | 'next' | 'bytes'>;

/** Finds attempts, or begins with them. The statements are prepared once for a batch, which may be of thousands. */
function attemptFinder(database: DatabaseSync): FindAttempt {
  const begin = database.prepare(
    'INSERT OR IGNORE INTO attempts (job, step, job_attempt, attempt, next, bytes) VALUES (?, ?, ?, ?, 1, 0)',
  );
  const find = database.prepare(
    'SELECT id, next, bytes FROM attempts WHERE job = ? AND step = ? AND job_attempt = ? AND attempt = ?',
  );
  return ({ job, step, job_attempt, attempt }) => {
    begin.run(job, step, job_attempt, attempt);
    const row = find.get(job, step, job_attempt, attempt);
    return { id: Number(row?.['id']), next: Number(row?.['next']), bytes: Number(row?.['bytes']) };
  };
}

function standingOf(find: FindAttempt, segment: LogSegment, standings: Map<string, Standing>): Standing {
  const address = addressOf(segment);
  const { job, step, job_attempt, attempt } = address;
  const key = JSON.stringify([job, step, job_attempt, attempt]);
  const known = standings.get(key);
  if (known !== undefined) return known;
  const standing: Standing = { ...find(address), address, gap: false };
  standings.set(key, standing);
  return standing;
}

async function* readFrom(file: string, after: number): AsyncGenerator<PlacedSegment, void, undefined> {
  if (!existsSync(file)) return;
  const reading = { doing: 'read logs of an agent', file };
  const database = attempt(reading, () => inspectDatabase(file, format));
  const select =
    'SELECT position, job, step, job_attempt, attempt, sequence, at, stream, text ' +
    'FROM segments JOIN attempts ON attempt_id = id WHERE position > ? ORDER BY position';
  try {
    for (const row of attemptEach(reading, () => database.prepare(select).iterate(after))) {
      yield {
        position: Number(row['position']),
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
  } finally {
    database.close();
  }
}

async function* skimFrom(file: string, after: number): AsyncGenerator<SkimmedSegments, void, undefined> {
  if (!existsSync(file)) return;
  const reading = { doing: 'search logs of an agent', file };
  const database = attempt(reading, () => inspectDatabase(file, format));
  try {
    yield* skimSegments(database, after, reading);
  } finally {
    database.close();
  }
}
