import type { RunRow, ScheduleRow } from '../../storage/records/port.ts';
import type { NewRun } from '../runs/submissions.ts';

/** The label of a run that says which start of its schedule it is, RFC 3339 UTC. A run that somebody triggered has none. */
export const scheduledAtLabel = 'scheduled_at';

/** What a start of a schedule is to run. `scheduledAt` is the time at which it was due, in ms since the epoch. */
export function runOfSchedule(
  schedule: ScheduleRow,
  { scheduledAt, traceparent }: { readonly scheduledAt?: number; readonly traceparent?: string } = {},
): NewRun {
  return {
    tenant: schedule.tenant,
    plan: schedule.plan,
    source: schedule.source,
    inputs: schedule.inputs,
    vars: schedule.vars,
    secrets: {},
    labels: {
      ...schedule.labels,
      ...(scheduledAt === undefined ? {} : { [scheduledAtLabel]: new Date(scheduledAt).toISOString() }),
    },
    origin: {
      kind: 'schedule',
      id: schedule.id,
      by: schedule.name,
      ...(traceparent === undefined ? {} : { traceparent }),
    },
  };
}

/** The statuses of a run that hasn't ended. */
export const goingStatuses: readonly RunRow['status'][] = [
  'accepted',
  'queued',
  'running',
  'waiting',
  'blocked',
  'paused',
];
