import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, RunId } from '../../../schemas/index.ts';
import { insert, type Operation, type SqlRow, sql } from '../../records/sql.ts';
import { jsonFrom, keyOf, numberFrom } from '../../records/text.ts';
import { eventsMissing } from '../failures.ts';
import type { EventReport, Instead } from '../port.ts';
import { lockRun } from './runs.ts';

/** Rows of one statement, far below the 32,766 values that SQLite takes in one. */
const rowsAtOnce = 200;
/** Of the events of one statement, unless its first event alone is larger. */
const bytesAtOnce = 1024 * 1024;
/** Longer than it takes until Temporal has a task done anew that was cut off. */
const soonMs = 60_000;

/**
 * Keeps the reports of a run, see Projection.append, and gives what there is instead of each. The run's row is held from the first statement to the commit, so that
 * sequences become visible in their order and without gaps. That all events are new is taken for granted and put right where it isn't:
 * usually one statement is enough for each report, beside two for all of them.
 */
export function* append(run: RunId, reports: readonly EventReport[]): Operation<readonly Instead[]> {
  const count = reports.reduce((sum, { events }) => sum + events.length, 0);
  const before = (yield* lockRun(run, count)) - count;
  const rows: Row[] = [];
  const answers: Instead[] = [];
  for (const report of reports) {
    const known = yield* alreadyKept(report);
    if (typeof known !== 'number') {
      answers.push(known);
      continue;
    }
    answers.push(undefined);
    for (const content of report.events.slice(known)) {
      const event = JSON.stringify(content);
      const sequence = before + rows.length + 1;
      rows.push({ run, sequence, bytes: Buffer.byteLength(event), job: report.job ?? null, event });
    }
  }
  if (rows.length < count) yield* lockRun(run, rows.length - count);
  for (const some of inParts(rows)) yield insert('projected_entries', some);
  return answers;
}

type Row = SqlRow & { readonly bytes: number };

function* inParts(rows: readonly Row[]): Generator<readonly Row[], void, undefined> {
  let part: Row[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (part.length === rowsAtOnce || (part.length > 0 && bytes + row.bytes > bytesAtOnce)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(row);
    bytes += row.bytes;
  }
  if (part.length > 0) yield part;
}

/** Moves the machine on to the last of the events, and gives how many of them were there already; or what is there that isn't them. */
function* alreadyKept(report: EventReport): Operation<number | readonly JsonObject[]> {
  const { run, from, events } = report;
  const machine = machineOf(report);
  const until = from + events.length - 1;
  const moved =
    from === 1
      ? yield sql`INSERT INTO projected_machines (run, machine, last) VALUES (${run}, ${machine}, ${until})
          ON CONFLICT (run, machine) DO NOTHING RETURNING last`
      : yield sql`UPDATE projected_machines SET last = ${until}
          WHERE run = ${run} AND machine = ${machine} AND last = ${from - 1} RETURNING last`;
  if (moved.length > 0) return 0;
  const [row] = yield sql`SELECT last FROM projected_machines WHERE run = ${run} AND machine = ${machine}`;
  const last = row === undefined ? 0 : numberFrom(row, 'last');
  if (last < from - 1) throw eventsMissing(run, missingBefore(report, last));
  const kept = yield* keptOf(report, last);
  const differs = kept.some((event, index) => {
    const given = events[index];
    return given !== undefined && !isSame(event, given);
  });
  if (differs) return kept;
  if (last >= until) return events.length;
  yield sql`UPDATE projected_machines SET last = ${until} WHERE run = ${run} AND machine = ${machine}`;
  return last - from + 1;
}

/** The events of the machine up to its last one, from the first of the report. */
function* keptOf({ run, job, from }: EventReport, last: number): Operation<readonly JsonObject[]> {
  if (last < from) return [];
  const ofMachine = job === undefined ? sql`job IS NULL` : sql`job = ${job}`;
  const rows = yield sql`SELECT event FROM projected_entries WHERE run = ${run} AND ${ofMachine}
    ORDER BY sequence LIMIT ${last - from + 1} OFFSET ${from - 1}`;
  return rows.map((row) => jsonFrom(row, 'event'));
}

/** Whoever tells an event once more may do so a moment later, and what was told first holds. After a longer one it is another event: others count on its time. */
function isSame({ at, ...kept }: JsonObject, { at: again, ...given }: JsonObject): boolean {
  const isSoon = at === again || Math.abs(Number(at) - Number(again)) <= soonMs;
  return isSoon && isDeepStrictEqual(kept, JSON.parse(JSON.stringify(given)));
}

function machineOf({ job }: EventReport): string {
  return job === undefined ? 'run' : keyOf(job);
}

function missingBefore({ job, from }: EventReport, last: number): string {
  const whose = job === undefined ? 'its own machine' : `job ${job}`;
  return `events ${last + 1} to ${from - 1} of ${whose} are missing before those that came`;
}
