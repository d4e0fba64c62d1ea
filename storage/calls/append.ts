import type { RunId } from '../../schemas/index.ts';
import { insert, type Operation, sql } from '../records/sql.ts';
import { numberFrom } from '../records/text.ts';
import type { CallChain, ChainEntry, KeptCalls } from './port.ts';

/** Rows of one statement, far below the 32,766 values that one may have. */
const rowsAtOnce = 200;

/** See ShippedCalls.append. */
export function* append(run: RunId, { agent, chain }: CallChain, entries: readonly ChainEntry[]): Operation<KeptCalls> {
  const lastPosition = yield* lockRun(run);
  const [row] = yield sql`SELECT next FROM shipped_call_chains WHERE run = ${run} AND chain = ${chain}`;
  const first = row === undefined ? 1 : numberFrom(row, 'next');
  const { kept, next, gap } = continued(entries, first);
  if (kept.length === 0) return { kept, next, gap };
  const rows = kept.map(({ sequence, line }, index) => {
    return { run, position: lastPosition + index + 1, chain, sequence, line };
  });
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    yield insert('shipped_call_entries', rows.slice(from, from + rowsAtOnce));
  }
  yield sql`INSERT INTO shipped_call_chains (run, chain, agent, next) VALUES (${run}, ${chain}, ${agent}, ${next})
    ON CONFLICT (run, chain) DO UPDATE SET agent = excluded.agent, next = excluded.next`;
  yield sql`UPDATE shipped_call_runs SET last_position = ${lastPosition + rows.length} WHERE run = ${run}`;
  return { kept, next, gap };
}

/** Others who write to the run wait until this one has committed, so that positions become visible in their order. */
function* lockRun(run: RunId): Operation<number> {
  const [row = {}] = yield sql`INSERT INTO shipped_call_runs (run, last_position) VALUES (${run}, 0)
    ON CONFLICT (run) DO UPDATE SET run = excluded.run RETURNING last_position`;
  return numberFrom(row, 'last_position');
}

/** Those that go on from a sequence, one after the other. */
function continued(entries: readonly ChainEntry[], first: number): KeptCalls {
  const kept: ChainEntry[] = [];
  let next = first;
  let gap = false;
  for (const entry of entries) {
    if (entry.sequence > next) gap = true;
    if (entry.sequence !== next) continue;
    kept.push(entry);
    next += 1;
  }
  return { kept, next, gap };
}
