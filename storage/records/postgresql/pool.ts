import { Pool, type PoolClient } from 'pg';
import { WaterflowFailure } from '../../../schemas/index.ts';
import { type Operation, type Sql, type SqlRow, textOf } from '../sql.ts';
import { fromStored, toStored } from '../text.ts';
import { ClientWithPasswordFile } from './client.ts';

/** Connections of one server for its records. PostgreSQL's own default is 100 for all its clients. */
const defaultConnections = 10;
const connectTimeoutMs = 5_000;
/** In the database; lists of many runs take milliseconds. */
const statementTimeoutMs = 15_000;
/** Here, where the network swallows what is sent: longer than the database's own, which says more. */
const queryTimeoutMs = 20_000;
/** A server that hangs holds no locks for longer. */
const idleTransactionTimeoutMs = 30_000;

/** A pool of connections; none is made yet. STORAGE_FAILED for what is no URL of PostgreSQL. */
export function createPool(
  url: string,
  { connections = defaultConnections }: { readonly connections?: number } = {},
): Pool {
  const pool = new Pool({
    ...parsed(url),
    Client: ClientWithPasswordFile,
    max: connections,
    connectionTimeoutMillis: connectTimeoutMs,
    statement_timeout: statementTimeoutMs,
    query_timeout: queryTimeoutMs,
    idle_in_transaction_session_timeout: idleTransactionTimeoutMs,
    keepAlive: true,
    application_name: 'waterflow',
  });
  // An idle connection that breaks is dropped, and the next query makes another.
  pool.on('error', () => undefined);
  return pool;
}

/** Host and database, for messages. */
export function placeOf(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return `PostgreSQL at ${host}${port === '' ? '' : `:${port}`}${pathname}`;
}

/** Carries out an operation's statements one after the other. */
export async function carryOut<Result>(
  client: Pick<PoolClient, 'query'>,
  operation: Operation<Result>,
): Promise<Result> {
  let step = operation.next([]);
  while (step.done !== true) step = operation.next(await execute(client, step.value));
  return step.value;
}

async function execute(client: Pick<PoolClient, 'query'>, statement: Sql): Promise<readonly SqlRow[]> {
  const text = textOf(statement, (position) => `$${position}`);
  const { rows } = await client.query<SqlRow>(text, statement.values.map(toStored));
  return rows.map(fromStored);
}

/** The error of a URL that can't be read holds the URL, with its password: it isn't passed on. */
function parsed(url: string): { readonly connectionString: string } {
  if (/^postgres(ql)?:\/\//.test(url) && URL.canParse(url)) return { connectionString: url };
  throw new WaterflowFailure({
    code: 'STORAGE_FAILED',
    message: 'DATABASE_URL is no URL of a PostgreSQL database',
    remedy: 'Write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE; what is special in a URL is percent-encoded.',
  });
}
