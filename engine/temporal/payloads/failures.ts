import { ApplicationFailure } from '@temporalio/common';
import { type WaterflowError, WaterflowFailure } from '../../../schemas/index.ts';

/**
 * What there is to be done. `foreign`: somebody wrote it who hasn't the keys, or put it there from elsewhere, and it never can be read.
 * `damaged`: it was ours, and is lost. `later`: it can be read once what is missing is here.
 */
export type UnreadableKind = 'foreign' | 'damaged' | 'later';

/** A payload that can't be read: which, and why. */
export interface UnreadablePayload {
  readonly kind: UnreadableKind;
  /** Whose it should be: a workflow id, `activity ID of WORKFLOW`, or unknown. */
  readonly owner: string;
  /** A subordinate clause's rest: `it was encrypted with the key abc, which this process lacks`. */
  readonly reason: string;
  readonly remedy: string;
}

/** A payload that can't be read. */
export class UnreadableFailure extends WaterflowFailure {
  readonly kind: UnreadableKind;

  constructor({ kind, owner, reason, remedy }: UnreadablePayload) {
    const error = {
      code: 'JOURNAL_BROKEN',
      message: `what Temporal keeps of ${owner} can't be read: ${reason}`,
      remedy,
    } as const;
    super(error, { cause: told(error) });
    this.kind = kind;
  }
}

/** A payload that was changed, put in another's place, or needs a key or blobs that aren't here: JOURNAL_BROKEN. */
export function unreadable(payload: UnreadablePayload): UnreadableFailure {
  return new UnreadableFailure(payload);
}

/**
 * A failure whose cause says the same in Temporal's way: where the SDK turns it into a failure of an activity, the error is found as
 * the first detail of an application failure of type `WaterflowError` among its causes.
 */
export function throughTemporal(error: WaterflowError, cause?: unknown): WaterflowFailure {
  return new WaterflowFailure(error, { cause: told(error, cause) });
}

function told(error: WaterflowError, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'WaterflowError',
    message: error.message,
    details: [error],
    nonRetryable: true,
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/** A key, or a setting about keys, that can't be right: INVALID_INPUT. */
export function invalidKey(message: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'INVALID_INPUT', message, remedy });
}
