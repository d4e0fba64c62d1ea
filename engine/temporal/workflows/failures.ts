import { ActivityFailure, ApplicationFailure, TemporalFailure, TimeoutFailure } from '@temporalio/common';
import { ContinueAsNew, DeterminismViolationError, isCancellation } from '@temporalio/workflow';
import type { WaterflowError } from '../../../schemas/index.ts';

/** What became of an activity that gave no result. */
export type ActivityEnd =
  | { readonly kind: 'withdrawn' }
  /** Nobody took it, or whoever took it is heard of no more. */
  | { readonly kind: 'lost'; readonly reason: string }
  | { readonly kind: 'refused'; readonly error: WaterflowError };

/** Sorts what an activity of an agent failed with. */
export function endOfActivity(cause: unknown): ActivityEnd {
  if (isCancellation(cause)) return { kind: 'withdrawn' };
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  if (inner instanceof TimeoutFailure) return { kind: 'lost', reason: lostBecause(inner) };
  if (inner instanceof ApplicationFailure && inner.type === 'WorkerShutdown') {
    return { kind: 'lost', reason: 'the agent was stopped' };
  }
  return { kind: 'refused', error: toldIn(inner) ?? internalError(inner) };
}

/** Whether nothing was heard of an activity that somebody had taken, as far as Temporal knows. */
export function isUnheard(cause: unknown): boolean {
  return timeoutTypeOf(cause) === 'HEARTBEAT';
}

/** Whether nobody took an activity. */
export function isUntaken(cause: unknown): boolean {
  return timeoutTypeOf(cause) === 'SCHEDULE_TO_START';
}

function timeoutTypeOf(cause: unknown): TimeoutFailure['timeoutType'] | undefined {
  const inner = cause instanceof ActivityFailure ? cause.cause : cause;
  return inner instanceof TimeoutFailure ? inner.timeoutType : undefined;
}

/** The error of ours with which an activity failed. The SDK wraps those of payloads that couldn't be read. */
function toldIn(cause: unknown): WaterflowError | undefined {
  if (!(cause instanceof Error)) return undefined;
  if (cause instanceof ApplicationFailure && cause.type === 'WaterflowError') {
    // The agent's side gives its errors as the first detail.
    const [error] = cause.details ?? [];
    if (error !== undefined) return error as WaterflowError;
  }
  return toldIn(cause.cause);
}

function lostBecause({ timeoutType }: TimeoutFailure): string {
  return timeoutType === 'HEARTBEAT'
    ? 'the agent has not been heard of'
    : timeoutType === 'SCHEDULE_TO_START'
      ? 'the agent takes no work any more'
      : 'the agent did not answer in time';
}

function internalError(cause: unknown): WaterflowError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return {
    code: 'INTERNAL',
    message: `the agent broke: ${message}`,
    remedy: 'Look at the log of the agent, and report it.',
  };
}

/** How a workflow refuses what it is asked for. */
export function refused(error: WaterflowError): ApplicationFailure {
  return ApplicationFailure.create({
    type: 'WaterflowError',
    message: error.message,
    nonRetryable: true,
    details: [error],
  });
}

/**
 * What a defect of a workflow comes to. What is Temporal's own is thrown again: it fails the task, which is tried until a worker comes that
 * can carry it out, where a defect would fail each try and nobody would hear of it.
 */
export function defectIn(cause: unknown): WaterflowError {
  const isOfTemporal =
    cause instanceof TemporalFailure || cause instanceof ContinueAsNew || cause instanceof DeterminismViolationError;
  if (isOfTemporal) throw cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return {
    code: 'INTERNAL',
    message: `the engine broke: ${message}`,
    remedy: 'Report it. A run that broke can be run again, by a release without that defect.',
  };
}
