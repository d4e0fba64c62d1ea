import { type Operation, type SqlRow, insert, sql } from '../../records/sql.ts';
import { keyOf, numberFrom } from '../../records/text.ts';
import { eventsMissing } from '../failures.ts';
import type { EventReport } from '../port.ts';
import { lockRun } from './runs.ts';

/** Rows of one statement, far below the 32,766 values that SQLite takes in one. */
const rowsAtOnce = 200;

/**
 * See Projection.append. The run's row is held from the first statement to the commit, so that sequences become visible in their order
 * and without gaps. That all events are new is taken for granted and put right where it isn't: the usual report takes three statements.
 */
export function* append(report: EventReport): Operation<void> {
  const { run, events } = report;
  const last = yield* lockRun(run, events.length);
  const known = yield* alreadyKept(report);
  if (known > 0) yield* lockRun(run, -known);
  const rows = rowsOf(report, { known, last });
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    yield insert('projected_entries', rows.slice(from, from + rowsAtOnce));
  }
}

/** Moves the machine on to the last of the events. Gives how many of them were there already. */
function* alreadyKept(report: EventReport): Operation<number> {
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
  if (last >= until) return events.length;
  yield sql`UPDATE projected_machines SET last = ${until} WHERE run = ${run} AND machine = ${machine}`;
  return last - from + 1;
}

/** Those that weren't there; the last of them gets the run's last sequence, less what was there. */
function rowsOf(report: EventReport, { known, last }: { readonly known: number; readonly last: number }): SqlRow[] {
  const { run, job, events } = report;
  const before = last - events.length;
  return events.slice(known).map((content, index) => {
    const event = JSON.stringify(content);
    return { run, sequence: before + index + 1, bytes: Buffer.byteLength(event), job: job ?? null, event };
  });
}

function machineOf({ job }: EventReport): string {
  return job === undefined ? 'run' : keyOf(job);
}

function missingBefore({ job, from }: EventReport, last: number): string {
  const whose = job === undefined ? 'its own machine' : `job ${job}`;
  return `events ${last + 1} to ${from - 1} of ${whose} are missing before those that came`;
}
