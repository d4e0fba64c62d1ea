import { assertNever, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunRow, ScheduleRow } from '../../storage/records/port.ts';
import type { ServerParts } from '../parts.ts';
import type { Decision, RunSpan } from './decide.ts';
import { goingStatuses, runOfSchedule } from './run-of-schedule.ts';

/** What it needs of a server. */
export type SchedulerParts = Pick<ServerParts, 'records' | 'submissions' | 'clock' | 'log'>;

/** So many of the newest runs, and of those that go on, tell whether a start overlaps one. */
const mostRuns = 50;
/** Runs that were asked to end are remembered up to that number. */
const mostAsked = 10_000;

/** The runs of a schedule that may overlap its starts. */
export async function spansOf(
  { records }: Pick<ServerParts, 'records'>,
  { id }: Pick<ScheduleRow, 'id'>,
): Promise<readonly RunSpan[]> {
  const origin = { kind: 'schedule', id } as const;
  const newest = await records.runs.list({ origin }, { limit: mostRuns });
  const going = await records.runs.list({ origin, status: goingStatuses }, { limit: mostRuns });
  const rows = new Map([...newest.rows, ...going.rows].map((row) => [row.run, row]));
  return Array.from(rows.values(), spanOf);
}

function spanOf({ run, created_at, ended_at }: RunRow): RunSpan {
  return { run, from: created_at, ...(ended_at === undefined ? {} : { until: ended_at }) };
}

/** Carries out what was decided about a schedule, once: false where another server was first. */
export function createCarrier(parts: SchedulerParts): (schedule: ScheduleRow, decision: Decision) => Promise<boolean> {
  const { records, submissions, log } = parts;
  const asked = new Set<RunId>();

  const pass = (schedule: ScheduleRow, to: number): Promise<boolean> =>
    records.schedules.fire(schedule.id, { from: schedule.done_until, to });

  const start = async (schedule: ScheduleRow, { at, to }: { readonly at: number; readonly to: number }) => {
    const prepared = await submissions.prepare(runOfSchedule(schedule, { scheduledAt: at }));
    if (prepared.kind === 'invalid') {
      // It was checked when the schedule was made, so nothing that comes later would go better.
      const [problem] = prepared.diagnostics;
      log.error('a start of a schedule was left out', { schedule: schedule.id, problem: problem?.message });
      return pass(schedule, to);
    }
    const isFirst = await records.schedules.fire(schedule.id, { from: schedule.done_until, to }, prepared.row);
    if (isFirst) submissions.written(prepared.row);
    return isFirst;
  };

  const cancel = async (schedule: ScheduleRow, run: RunId): Promise<void> => {
    if (asked.has(run)) return;
    try {
      await submissions.operate(run, {
        kind: 'cancel',
        by: `schedule ${schedule.name}`,
        reason: 'the next start of the schedule is due',
      });
    } catch (error) {
      // It has ended meanwhile.
      const code = error instanceof WaterflowFailure ? error.error.code : undefined;
      if (code !== 'RUN_STATE' && code !== 'RUN_NOT_FOUND') throw error;
    }
    if (asked.size >= mostAsked) asked.clear();
    asked.add(run);
  };

  return async (schedule, decision) => {
    switch (decision.kind) {
      case 'idle':
        return true;
      case 'pass':
        log.info('starts of a schedule were passed over', { schedule: schedule.id, why: decision.why });
        return pass(schedule, decision.to);
      case 'start':
        return start(schedule, decision);
      case 'wait':
        for (const run of decision.cancel) await cancel(schedule, run);
        return true;
      default:
        return assertNever(decision);
    }
  };
}
