import { ApplicationFailure } from '@temporalio/common';
import { type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';

/** A payload that can't be read: which, and why. */
export interface UnreadablePayload {
  /** Whose it should be: a workflow id, `activity ID of WORKFLOW`, or unknown. */
  readonly owner: string;
  /** A subordinate clause's rest: `it was encrypted with the key abc, which this process lacks`. */
  readonly reason: string;
  readonly remedy: string;
}

/** A payload that was changed, put in another's place, or needs a key or blobs that aren't here: JOURNAL_BROKEN. */
export function unreadable({ owner, reason, remedy }: UnreadablePayload): WaterflowFailure {
  return throughTemporal({
    code: 'JOURNAL_BROKEN',
    message: `what Temporal keeps of ${owner} can't be read: ${reason}`,
    remedy,
  });
}

/**
 * A failure whose cause says the same in Temporal's way: where the SDK turns it into a failure of an activity, the error is found as
 * the first detail of an application failure of type `WaterflowError` among its causes.
 */
export function throughTemporal(error: WaterflowError, cause?: unknown): WaterflowFailure {
  const told = ApplicationFailure.create({
    type: 'WaterflowError',
    message: error.message,
    details: [error],
    nonRetryable: true,
    ...(cause instanceof Error ? { cause } : {}),
  });
  return new WaterflowFailure(error, { cause: told });
}

/** A key, or a setting about keys, that can't be right: INVALID_INPUT. */
export function invalidKey(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy });
}
