import type { Status } from '../../conditions.ts';
import type { SkipReason } from '../../run/protocol.ts';
import type { ActiveJob } from '../state.ts';
import type { Cursor } from '../turn.ts';
import { holdingAt, iterationAt, sequenceOf, sequencesAround } from './cursor.ts';
import type { Ending, SequenceStatus } from './sequence.ts';

/**
 * How a sequence is doing, as its status functions say it. They speak of itself: a body begins as a success, also where the step that
 * holds it ran by `if: failure()`. But a job, or an iteration around, that is cancelled is cancelled for all that is inside.
 */
export function statusOf(cursor: Cursor): SequenceStatus {
  if (cancelReason(cursor) !== undefined) return 'cancelled';
  return sequenceOf(cursor).failure === undefined ? 'success' : 'failure';
}

/** What `job.status` says in a sequence: also a failure in one around it counts. */
export function jobStatusIn(cursor: Cursor): SequenceStatus {
  const status = statusOf(cursor);
  if (status !== 'success') return status;
  return [...sequencesAround(cursor)].some((outer) => sequenceOf(outer).failure !== undefined) ? 'failure' : 'success';
}

/** The status of the job as a whole. Cancelled outweighs failed. */
export function jobStatus({ cancel, attempt }: ActiveJob): SequenceStatus {
  if (cancel !== undefined) return 'cancelled';
  return attempt.sequence.failure === undefined ? 'success' : 'failure';
}

/** What the status functions say to a step. */
export function stepStatus(cursor: Cursor): Status {
  const status = statusOf(cursor);
  return { success: status === 'success', failure: status === 'failure', cancelled: status === 'cancelled' };
}

/** Why a sequence is cancelled; undefined where it isn't. */
export function cancelReason(cursor: Cursor): string | undefined {
  const { cancel } = cursor.turn.active;
  if (cancel !== undefined) return cancel.reason;
  for (const place of [cursor, ...sequencesAround(cursor)]) {
    const reason = iterationAt(place)?.cancelled;
    if (reason !== undefined) return reason;
  }
  return undefined;
}

/** The endings of the bodies around a sequence, from the next one outwards. */
export function* endingsAround(cursor: Cursor): Generator<Ending> {
  for (const outer of sequencesAround(cursor)) {
    const { ending } = holdingAt(outer).body;
    if (ending !== undefined) yield ending;
  }
}

/** Why no step of a sequence runs any more, whatever its condition says; undefined where that isn't so. */
export function stopOf(cursor: Cursor): SkipReason['read'] | undefined {
  const { stopped } = cursor.turn.active.attempt;
  if (stopped !== undefined) return stopped;
  for (const ending of endingsAround(cursor)) if (ending.why === 'stopped') return ending.read;
  return undefined;
}
