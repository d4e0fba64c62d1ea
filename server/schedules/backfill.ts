import type { RunId } from '../../schemas/index.ts';
import type { ScheduleRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerParts } from '../parts.ts';
import { digestOf } from './digest.ts';
import { workflowRefused } from './read-workflow.ts';
import { runOfSchedule } from './run-of-schedule.ts';
import { startsAfter } from './starts.ts';

/** Starts of one backfill at most. */
export const mostBackfilled = 1_000;
/** Starts that are written at a time: they go to the disk together. */
const mostAtOnce = 50;
/** A start that was backfilled isn't started again by another backfill for so long, in ms. */
const rememberedMs = 30 * 24 * 60 * 60_000;

/** A time and one that isn't before it, in ms since the epoch; both belong to the span. */
export interface BackfillSpan {
  readonly from: number;
  readonly to: number;
}

/** A start that was carried out. `repeated`: by an earlier backfill. */
export interface Backfilled {
  readonly run: RunId;
  readonly scheduledAt: number;
  readonly repeated: boolean;
}

/** The starts of a schedule within a span. 422 where there are too many, or where some are still to come. */
export function backfillStarts(schedule: ScheduleRow, { from, to }: BackfillSpan, now: number): readonly number[] {
  if (Number.isNaN(from) || Number.isNaN(to))
    throw refused('there is no such time', 'Write one like 2026-05-01T12:00:00Z.');
  if (from > to) throw refused('`from` is after `to`', 'Exchange them.');
  if (to > now) throw refused('`to` is in the future', 'Let the schedule carry out the starts that are to come.');
  const starts = startsAfter(schedule, from - 1, mostBackfilled + 1).filter((start) => start <= to);
  if (starts.length <= mostBackfilled) return starts;
  throw refused(
    `there are more than ${mostBackfilled} starts between \`from\` and \`to\``,
    'Send shorter spans, one after the other.',
  );
}

/**
 * Starts a run for each of these starts, in their order, whatever `overlap` says. Each is started once, also where the request comes
 * again after it was broken off, unless the schedule was given another workflow, inputs or variables meanwhile.
 */
export async function backfill(
  parts: Pick<ServerParts, 'submissions' | 'clock'>,
  schedule: ScheduleRow,
  { starts, signal }: { readonly starts: readonly number[]; readonly signal: AbortSignal },
): Promise<readonly Backfilled[]> {
  const done: Backfilled[] = [];
  for (let from = 0; from < starts.length; from += mostAtOnce) {
    // Whoever asked is gone, or the server is to end: the rest comes when it is asked for again.
    signal.throwIfAborted();
    const together = starts.slice(from, from + mostAtOnce);
    done.push(...(await Promise.all(together.map((scheduledAt) => startOnce(parts, schedule, scheduledAt)))));
  }
  return done;
}

async function startOnce(
  { submissions, clock }: Pick<ServerParts, 'submissions' | 'clock'>,
  schedule: ScheduleRow,
  scheduledAt: number,
): Promise<Backfilled> {
  const fingerprint = digestOf([schedule.plan, schedule.inputs, schedule.vars]);
  const result = await submissions.submit(runOfSchedule(schedule, { scheduledAt }), {
    tenant: schedule.tenant,
    // No `Idempotency-Key` of a request can hold a line break.
    key: `backfill\n${schedule.id}\n${scheduledAt}\n${fingerprint}`,
    fingerprint,
    expires_at: Math.floor(clock.now()) + rememberedMs,
    answer: () => ({}),
  });
  if (result.kind === 'invalid') throw workflowRefused(result.diagnostics);
  if (result.kind === 'conflict') throw new Error('the key of a claim holds its fingerprint');
  return { run: result.run, scheduledAt, repeated: result.kind === 'repeated' };
}

function refused(message: string, remedy: string): HttpProblem {
  return new HttpProblem(422, { code: 'INVALID_INPUT', message, remedy });
}
