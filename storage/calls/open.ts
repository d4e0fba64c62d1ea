import type { RunId } from '../../schemas/index.ts';
import type { Session } from '../records/session.ts';
import { openSession, type RecordsPlace } from '../records/session-at.ts';
import { type Operation, sql } from '../records/sql.ts';
import { numberFrom, textFrom } from '../records/text.ts';
import { append } from './append.ts';
import type { PlacedEntry, ShippedCalls } from './port.ts';
import { callMigrations, callsHistory } from './schema.ts';

/** Beside those of the records. */
const connections = 3;
/** An entry is a kilobyte or so, and has 128 KiB at most. */
const pageEntries = 100;
const removedAtOnce = 2_000;

/**
 * Opens them, and makes or updates their tables; they lie where the records do. STORAGE_FAILED where the database can't be reached, or a
 * newer waterflow has used it.
 */
export async function openShippedCalls(place: RecordsPlace): Promise<ShippedCalls> {
  const session = await openSession(place, {
    migrations: callMigrations,
    history: callsHistory,
    connections,
    now: Date.now,
  });
  return {
    append: (run, chain, entries) => session.write('keep host calls of an agent', () => append(run, chain, entries)),
    read: (run) => readPages(session, run),
    remove: (run) => removeAll(session, run),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function* readPages(session: Session, run: RunId): AsyncGenerator<PlacedEntry, void, undefined> {
  for (let position = 0; ; ) {
    const after = position;
    const page = await session.read('read host calls of an agent', () => pageAfter(run, after));
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < pageEntries) return;
    ({ position } = last);
  }
}

function* pageAfter(run: RunId, after: number): Operation<readonly PlacedEntry[]> {
  const rows = yield sql`SELECT position, entry.chain, agent, sequence, line FROM (
      SELECT * FROM shipped_call_entries WHERE run = ${run} AND position > ${after} ORDER BY position LIMIT ${pageEntries}
    ) AS entry
    JOIN shipped_call_chains AS known ON known.run = entry.run AND known.chain = entry.chain ORDER BY position`;
  return rows.map((row) => ({
    position: numberFrom(row, 'position'),
    chain: textFrom(row, 'chain'),
    agent: textFrom(row, 'agent'),
    sequence: numberFrom(row, 'sequence'),
    line: textFrom(row, 'line'),
  }));
}

async function removeAll(session: Session, run: RunId): Promise<void> {
  const doing = 'remove host calls of an agent';
  while ((await session.write(doing, () => removeSome(run))) > 0);
  await session.write(doing, function* () {
    yield sql`DELETE FROM shipped_call_runs WHERE run = ${run}`;
    yield sql`DELETE FROM shipped_call_chains WHERE run = ${run}`;
    yield sql`DELETE FROM shipped_call_entries WHERE run = ${run}`;
  });
}

/** The number of those that were removed. */
function* removeSome(run: RunId): Operation<number> {
  const removed = yield sql`DELETE FROM shipped_call_entries WHERE run = ${run} AND position < (
      SELECT min(position) FROM shipped_call_entries WHERE run = ${run}
    ) + ${removedAtOnce} RETURNING position`;
  return removed.length;
}
