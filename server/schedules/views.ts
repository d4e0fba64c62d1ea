import type { JsonObject } from '../../schemas/index.ts';
import type { RunRow, ScheduleRow } from '../../storage/records/port.ts';
import { shownStatus } from '../runs/shown.ts';
import { scheduledAtLabel } from './run-of-schedule.ts';
import { startsAfter } from './starts.ts';

const shownNext = 5;

/** A schedule as lists show it. */
export function scheduleView(row: ScheduleRow, now: number): JsonObject {
  const [next] = nextStartsOf(row, now, 1);
  return { ...settingsOf(row), ...(next === undefined ? {} : { next_run_at: next }) };
}

/** A schedule with the starts that come next and the runs that came last. */
export function scheduleDetails(row: ScheduleRow, runs: readonly RunRow[], now: number): JsonObject {
  const next = nextStartsOf(row, now, shownNext);
  return {
    ...settingsOf(row),
    ...(next[0] === undefined ? {} : { next_run_at: next[0] }),
    next_runs: next,
    last_runs: runs.map(runView),
  };
}

function settingsOf(row: ScheduleRow): JsonObject {
  const { id, tenant, name, cron, timezone, overlap, catch_up_ms, paused } = row;
  const { inputs, vars, labels, created_at, created_by } = row;
  return {
    id,
    tenant_id: tenant,
    name,
    cron,
    timezone,
    overlap,
    catch_up_ms,
    paused,
    inputs,
    vars,
    labels,
    created_at: timeText(created_at),
    created_by,
  };
}

function nextStartsOf(row: ScheduleRow, now: number, count: number): readonly string[] {
  return row.paused ? [] : startsAfter(row, Math.max(now, row.done_until), count).map(timeText);
}

function runView({ run, status, labels, created_at, started_at, ended_at }: RunRow): JsonObject {
  const scheduledAt = labels[scheduledAtLabel];
  return {
    id: run,
    status: shownStatus(status),
    ...(scheduledAt === undefined ? {} : { scheduled_at: scheduledAt }),
    created_at: timeText(created_at),
    ...(started_at === undefined ? {} : { started_at: timeText(started_at) }),
    ...(ended_at === undefined ? {} : { ended_at: timeText(ended_at) }),
  };
}

/** RFC 3339 UTC of ms since the epoch. */
export function timeText(time: number): string {
  return new Date(time).toISOString();
}
