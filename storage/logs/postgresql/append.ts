import type { RunId } from '../../../schemas/index.ts';
import type { LogSegment } from '../../port.ts';
import { insert, type Operation, oneOf, type SqlRow, sql } from '../../records/sql.ts';
import { keyOf, numberFrom, textFrom } from '../../records/text.ts';
import type { Shipped } from '../port.ts';
import { addressOf, type Standing, shippedOf, take } from '../standing.ts';

/** Rows of one statement, far below the 65,535 values that one may have. */
const rowsAtOnce = 200;

/** See ShippedLogs.append. */
export function* append(
  run: RunId,
  segments: readonly LogSegment[],
  limitBytes: number,
): Operation<readonly Shipped[]> {
  const { lastPosition, attempts } = yield* lockRun(run);
  const standings = yield* standingsOf(run, segments, attempts);
  const rows: SqlRow[] = [];
  for (const segment of segments) {
    const standing = standings.get(addressKey(segment));
    if (standing === undefined) throw new TypeError('each attempt has been looked for');
    const kept = take(segment, standing, limitBytes);
    if (kept === undefined) continue;
    const { sequence, at } = segment;
    rows.push({ run, position: lastPosition + rows.length + 1, attempt_number: standing.id, sequence, at, ...kept });
  }
  for (const some of inParts(rows)) yield insert('shipped_segments', some);
  yield* keepStandings(run, standings);
  const highest = Array.from(standings.values()).reduce((most, { id }) => Math.max(most, id), attempts);
  yield sql`UPDATE shipped_runs SET last_position = ${lastPosition + rows.length}, attempts = ${highest} WHERE run = ${run}`;
  return shippedOf(standings.values());
}

/** Others who write to the run wait until this one has committed, so that positions become visible in their order. */
function* lockRun(run: RunId): Operation<{ readonly lastPosition: number; readonly attempts: number }> {
  const [row = {}] = yield sql`INSERT INTO shipped_runs (run, last_position, attempts) VALUES (${run}, 0, 0)
    ON CONFLICT (run) DO UPDATE SET run = excluded.run RETURNING last_position, attempts`;
  return { lastPosition: numberFrom(row, 'last_position'), attempts: numberFrom(row, 'attempts') };
}

/** Those of the segments' attempts, by their key, in the segments' order. */
function* standingsOf(
  run: RunId,
  segments: readonly LogSegment[],
  attempts: number,
): Operation<ReadonlyMap<string, Standing>> {
  const keys = new Map(segments.map((segment) => [addressKey(segment), segment]));
  const known = new Map<string, SqlRow>();
  for (const some of inParts([...keys.keys()])) {
    const rows = yield sql`SELECT number, address, next, bytes FROM shipped_attempts
      WHERE run = ${run} AND ${oneOf(sql`address`, some)}`;
    for (const row of rows) known.set(textFrom(row, 'address'), row);
  }
  let number = attempts;
  const standings = new Map<string, Standing>();
  for (const [key, segment] of keys) {
    const row = known.get(key);
    if (row === undefined) number += 1;
    standings.set(key, {
      id: row === undefined ? number : numberFrom(row, 'number'),
      address: addressOf(segment),
      next: row === undefined ? 1 : numberFrom(row, 'next'),
      bytes: row === undefined ? 0 : numberFrom(row, 'bytes'),
      gap: false,
    });
  }
  return standings;
}

function* keepStandings(run: RunId, standings: ReadonlyMap<string, Standing>): Operation<void> {
  const rows = Array.from(standings, ([address, { id, address: names, next, bytes }]) => {
    return { run, number: id, address, ...names, next, bytes };
  });
  for (const some of inParts(rows)) {
    yield sql`${insert('shipped_attempts', some)}
      ON CONFLICT (run, number) DO UPDATE SET next = excluded.next, bytes = excluded.bytes`;
  }
}

function addressKey({ job, step, job_attempt, attempt }: LogSegment): string {
  return keyOf(job, step, String(job_attempt), String(attempt));
}

function* inParts<Item>(items: readonly Item[]): Generator<readonly Item[], void, undefined> {
  for (let from = 0; from < items.length; from += rowsAtOnce) yield items.slice(from, from + rowsAtOnce);
}
