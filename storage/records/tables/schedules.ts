import type { Added, Claimed, RunRow, ScheduleRow, ScheduleRows } from '../port.ts';
import { assignments, type Operation, type SqlRow, sql } from '../sql.ts';
import { digestFrom, jsonFrom, numberFrom, optional, textFrom } from '../text.ts';
import { claiming } from './claims.ts';
import { insertNamed, rename } from './names.ts';
import { insertRun } from './runs.ts';

export function* addSchedules(rows: readonly ScheduleRow[], claimed?: Claimed): Operation<Added> {
  const [first] = rows;
  if (first === undefined) return { kind: 'created' };
  return yield* claiming(claimed, first, function* () {
    for (const row of rows) yield* insertNamed('schedules', toColumns(row));
  });
}

export function* getSchedule(id: string): Operation<ScheduleRow | undefined> {
  const [row] = yield sql`SELECT * FROM schedules WHERE id = ${id}`;
  return row === undefined ? undefined : fromColumns(row);
}

export function* listSchedules(tenant: string | undefined): Operation<readonly ScheduleRow[]> {
  const found =
    tenant === undefined
      ? yield sql`SELECT * FROM schedules ORDER BY created_at, id`
      : yield sql`SELECT * FROM schedules WHERE tenant = ${tenant} ORDER BY created_at, id`;
  return found.map(fromColumns);
}

export function* updateSchedule(id: string, changes: Parameters<ScheduleRows['update']>[1]): Operation<boolean> {
  if (changes.name !== undefined) yield* rename('schedules', id, changes.name);
  const columns = { id, ...toColumns(changes) };
  const changed = yield sql`UPDATE schedules SET ${assignments(columns)} WHERE id = ${id} RETURNING id`;
  return changed.length > 0;
}

export function* removeSchedule(id: string): Operation<boolean> {
  const removed = yield sql`DELETE FROM schedules WHERE id = ${id} RETURNING id`;
  return removed.length > 0;
}

/** Of those that move a schedule on from the same start, one does. */
export function* fire(id: string, at: Parameters<ScheduleRows['fire']>[1], run?: RunRow): Operation<boolean> {
  const moved =
    yield sql`UPDATE schedules SET done_until = ${at.to} WHERE id = ${id} AND done_until = ${at.from} RETURNING id`;
  if (moved.length === 0) return false;
  if (run !== undefined) yield* insertRun(run);
  return true;
}

/** What is given, as columns. */
function toColumns(row: Partial<ScheduleRow>): SqlRow {
  const { paused, inputs, vars, labels, ...others } = row;
  return {
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== undefined)),
    ...(paused === undefined ? {} : { paused: paused ? 1 : 0 }),
    ...(inputs === undefined ? {} : { inputs: JSON.stringify(inputs) }),
    ...(vars === undefined ? {} : { vars: JSON.stringify(vars) }),
    ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
  };
}

/** Only addSchedules() and updateSchedule() write them. */
function fromColumns(row: SqlRow): ScheduleRow {
  return {
    id: textFrom(row, 'id'),
    tenant: textFrom(row, 'tenant'),
    name: textFrom(row, 'name'),
    cron: textFrom(row, 'cron'),
    timezone: textFrom(row, 'timezone'),
    overlap: textFrom(row, 'overlap') as ScheduleRow['overlap'],
    catch_up_ms: numberFrom(row, 'catch_up_ms'),
    paused: numberFrom(row, 'paused') === 1,
    plan: digestFrom(row, 'plan'),
    ...optional(row, 'source', digestFrom),
    inputs: jsonFrom(row, 'inputs'),
    vars: jsonFrom(row, 'vars'),
    labels: jsonFrom(row, 'labels') as ScheduleRow['labels'],
    created_at: numberFrom(row, 'created_at'),
    created_by: textFrom(row, 'created_by'),
    done_until: numberFrom(row, 'done_until'),
  };
}
