import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { closedFailure } from '../failures.ts';
import { migrate } from '../migrate.ts';
import { type Migration, postgresqlDialect } from '../schema.ts';
import type { Session } from '../session.ts';
import { type Operation, sql } from '../sql.ts';
import { isAway, isRivalry, postgresqlFailure, unknownOutcome } from './failures.ts';
import { carryOut, createPool, placeOf } from './pool.ts';
import { refuseUnfitServer } from './server.ts';

/** Before each further try: connections of the pool may all have been broken by a restart, and rivals need to end. */
const retryDelaysMs: readonly number[] = [0, 50, 200, 500];
/** Any number of 63 bits, but the same for all who migrate. */
const migrationLock = '8602839504432427887';

/** Connects, and brings the tables up to date. */
export async function openPostgresqlSession(options: {
  readonly url: string;
  readonly migrations: readonly Migration[];
  readonly now: () => number;
  /** The table of what was applied; default: that of the records. */
  readonly history?: string;
  /** At most so many connections at a time. */
  readonly connections?: number;
}): Promise<Session> {
  const { history } = options;
  const pool = createPool(options.url, options);
  const place = placeOf(options.url);
  const session = createSession(pool, place);
  try {
    await session.read('look at the database server', () => refuseUnfitServer(place));
    await session.write('prepare the records', function* () {
      // One at a time, however long another one takes.
      yield sql`SET LOCAL statement_timeout = 0`;
      yield sql`SELECT pg_advisory_xact_lock(${migrationLock})`;
      const at = { dialect: postgresqlDialect, place, now: options.now() };
      yield* migrate(options.migrations, { ...at, ...(history === undefined ? {} : { history }) });
    });
    return session;
  } catch (cause) {
    await session[Symbol.asyncDispose]();
    throw cause;
  }
}

function createSession(pool: Pool, place: string): Session {
  const inProgress = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function carriedOut<Result>(doing: string, action: (client: PoolClient) => Promise<Result>): Promise<Result> {
    if (closing !== undefined) throw closedFailure(doing);
    const attempt = tried({ doing, place }, () => withClient(pool, action));
    inProgress.add(attempt);
    try {
      return await attempt;
    } finally {
      inProgress.delete(attempt);
    }
  }

  return {
    driver: 'postgresql',
    read: (doing, operation) => carriedOut(doing, (client) => carryOut(client, operation())),
    write: (doing, operation) => carriedOut(doing, (client) => inTransaction(client, operation, { doing, place })),
    [Symbol.asyncDispose]() {
      // What was asked for before is carried out.
      closing ??= Promise.allSettled(inProgress).then(() => pool.end());
      return closing;
    },
  };
}

interface Attempt {
  readonly doing: string;
  readonly place: string;
}

/** Carries it out, again where nothing of it was kept: its connection broke, or a rival was in its way. */
async function tried<Result>(at: Attempt, action: () => Promise<Result>): Promise<Result> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await action();
    } catch (cause) {
      const delay = retryDelaysMs[failures];
      if (delay === undefined || !(isAway(cause) || isRivalry(cause))) throw postgresqlFailure(cause, at);
      await sleep(delay);
    }
  }
}

async function inTransaction<Result>(
  client: PoolClient,
  operation: () => Operation<Result>,
  at: Attempt,
): Promise<Result> {
  // The isolation that the statements are written for, whatever the database's default is.
  await client.query('BEGIN ISOLATION LEVEL READ COMMITTED');
  let result: Result;
  try {
    result = await carryOut(client, operation());
  } catch (cause) {
    // Any other connection is given up, and its transaction with it.
    if (isAnswer(cause)) await client.query('ROLLBACK');
    throw cause;
  }
  await client.query('COMMIT').catch((cause: unknown) => {
    throw isAnswer(cause) ? cause : unknownOutcome(cause, at);
  });
  return result;
}

/** Lends a connection of the pool. One that broke, or whose answer didn't come in time, isn't used again. */
async function withClient<Result>(pool: Pool, action: (client: PoolClient) => Promise<Result>): Promise<Result> {
  const client = await pool.connect();
  // A connection in use that breaks between two queries says so by an event, and then by the next query.
  const ignore = () => undefined;
  client.on('error', ignore);
  let usable = false;
  try {
    const result = await action(client);
    usable = true;
    return result;
  } catch (cause) {
    usable = isAnswer(cause);
    throw cause;
  } finally {
    client.off('error', ignore);
    client.release(!usable);
  }
}

/** True for an error that the server answered with: the connection is in order. */
function isAnswer(cause: unknown): boolean {
  return cause instanceof Error && 'severity' in cause && !isAway(cause);
}
