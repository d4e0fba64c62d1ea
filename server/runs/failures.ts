import { type JsonObject, outOfRoom, type RunId, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';

/** What was thrown, in words. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** What was thrown, as an error of a run. */
export function errorOf(cause: unknown): WaterflowError {
  if (cause instanceof WaterflowFailure) return cause.error;
  const full = outOfRoom(cause);
  if (full !== undefined) return full;
  return {
    code: 'INTERNAL',
    message: `the server broke: ${reasonOf(cause)}`,
    remedy: "This is a defect of waterflow: please report it, with the server's log.",
  };
}

/** An error as a row keeps it. */
export function errorJson(error: WaterflowError): JsonObject {
  // It is JSON; its interface only lacks JsonObject's index signature.
  return error as unknown as JsonObject;
}

/** True for a failure with one of these codes. */
export function hasCode(cause: unknown, ...codes: readonly WaterflowError['code'][]): boolean {
  return cause instanceof WaterflowFailure && codes.includes(cause.error.code);
}

/** The same whoever's the run is: nobody learns that there is one. */
export function runNotFound(run: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'RUN_NOT_FOUND',
    message: `there is no run ${run}`,
    remedy: 'List the runs that there are: GET /v1/workflows.',
  });
}

/** Values of secrets live in memory only. */
export function secretsGone(run: RunId, missing: readonly string[]): WaterflowFailure {
  return new WaterflowFailure({
    code: 'SECRET_MISSING',
    message: `run ${run} needs secrets whose values are not there: ${missing.join(', ')}`,
    remedy: `Send their values as \`secrets\` with POST /v1/workflows/${run}/resume: the server keeps them in memory only.`,
  });
}

/** Nothing can be asked of a run that has ended but to run again. */
export function runEnded(run: RunId): WaterflowFailure {
  return runState(run, 'has ended', 'Rerun it, in whole or in part, or submit the workflow anew.');
}

/** A run that waits for its turn can only be cancelled. */
export function notBegun(run: RunId): WaterflowFailure {
  return runState(run, 'has not begun', 'Wait until it does, or cancel it.');
}

/** A run that was cancelled while it waited for its turn has nothing to run again. */
export function neverBegan(run: RunId): WaterflowFailure {
  return runState(run, 'never began', 'Submit the workflow anew.');
}

/** A run that goes on can't be run again. */
export function notEnded(run: RunId): WaterflowFailure {
  return runState(run, 'has not ended', 'Wait until it ends, or cancel it.');
}

/** Secrets are for a run that waits for them. */
export function needsNoSecrets(run: RunId): WaterflowFailure {
  return runState(run, 'does not wait for secrets', 'Leave `secrets` out.');
}

/** How a run ends that was cancelled before an engine had it. */
export function cancelledBefore(by: string): WaterflowError {
  return {
    code: 'CANCELLED',
    message: `cancelled by ${by} before it began`,
    remedy: 'Submit the workflow again if it should run.',
  };
}

/** The server is about to end. */
export function closing(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message: 'the server is shutting down',
    remedy: 'Try again once it runs.',
  });
}

/** As many runs go on as may. */
export function noRoom(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'CONFLICT',
    message: 'too many runs go on',
    remedy: 'Try again when some of them have ended.',
  });
}

/** As many runs wait for an engine as may. */
export function tooManyWait(): WaterflowFailure {
  return new WaterflowFailure({
    code: 'SERVER_UNAVAILABLE',
    message: 'too many runs wait to be started already',
    remedy: 'Try again when some of them have begun; `limits.queued-runs` says how many may wait.',
  });
}

function runState(run: RunId, what: string, remedy: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'RUN_STATE', message: `run ${run} ${what}`, remedy });
}
