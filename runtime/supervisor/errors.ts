import type { RetryClass, WaterflowError } from '../../schemas/index.ts';
import type { HostCallAnswer } from '../host-call.ts';
import type { GuestFailure } from '../sandbox-host/result.ts';
import type { InvocationOutcome } from './api.ts';

/** A failed invocation. Every way in which one can fail is a function below. */
type Failure = Extract<InvocationOutcome, { kind: 'failed' }>;

function failure(retryClass: RetryClass | undefined, error: WaterflowError): Failure {
  return { kind: 'failed', ...(retryClass === undefined ? {} : { class: retryClass }), error };
}

/** The plugin threw, or its module trapped; `at` is where, if it can be told. */
export function stepFailed({ message, at, remedy, outputs }: GuestFailure & { readonly message: string }): Failure {
  const place =
    at === undefined
      ? "Look at the step's log for what led to it."
      : `The plugin threw it at ${at}; look at the step's log.`;
  const failed = failure('failure', { code: 'STEP_FAILED', message, remedy: remedy ?? place });
  return outputs === undefined ? failed : { ...failed, outputs };
}

/** Nothing is left that could wake the plugin. */
export function neverSettles(): Failure {
  return failure('failure', {
    code: 'STEP_FAILED',
    message: 'the plugin waits for a promise that never settles: no host call is open and nothing else can wake it',
    remedy: 'Await only host calls, timers and what follows from them; a plugin has no other events.',
  });
}

/**
 * The plugin didn't catch that a host call was denied, or went beyond a limit of the policy; undefined for every other answer. `at` is where
 * it made the call, if it can be told.
 */
export function uncaughtRefusal(
  answer: HostCallAnswer | undefined,
  { at }: Pick<GuestFailure, 'at'> = {},
): Failure | undefined {
  if (answer === undefined || 'ok' in answer) return undefined;
  if ('denied' in answer) {
    const { message, remedy, rule } = answer.denied;
    return failure('denied', { code: 'DENIED', message, remedy: withPlace(remedy, at), rule });
  }
  const { code, message, remedy, rule } = answer.error;
  if (code !== 'LIMIT_EXCEEDED' || rule === undefined || remedy === undefined) return undefined;
  return limitExceeded({ code, message, remedy: withPlace(remedy, at), rule });
}

function withPlace(remedy: string, at: string | undefined): string {
  return at === undefined ? remedy : `${remedy} The plugin made the call at ${at}.`;
}

/** The deadline, which the supervisor keeps from outside. */
export function timedOut(milliseconds: number): Failure {
  return failure('timeout', {
    code: 'TIMEOUT',
    message: `the step ran longer than ${milliseconds / 1000} s and was ended`,
    remedy: "Raise the step's `timeout-minutes` (or the plugin's `limits.timeout`, within the policy's cap).",
  });
}

/** The watchdog's, or the engine's own, memory limit. */
export function outOfMemory(bytes: number): Failure {
  return failure('limit', {
    code: 'OUT_OF_MEMORY',
    message: `the plugin used more memory than its limit of ${Math.round(bytes / 1024 / 1024)} MiB`,
    remedy: "Raise the plugin's `limits.memory` (within the policy's cap), or pass bulk data through workspace files.",
  });
}

/** Beyond the largest memory class; no retry can help. */
export function memoryLimitTooHigh(bytes: number, highestMib: number): Failure {
  return failure(undefined, {
    code: 'PLUGIN_INVALID',
    message: `a memory limit of ${Math.round(bytes / 1024 / 1024)} MiB is more than a sandbox host can have`,
    remedy: `Ask for at most ${highestMib} MiB in \`limits.memory\`.`,
  });
}

/** `limit` calls of one invocation. */
export function tooManyCalls(limit: number): Failure {
  return failure('limit', {
    code: 'LIMIT_EXCEEDED',
    message: `the plugin made more than ${limit} host calls`,
    remedy: 'Do more with each call (a glob instead of many stats, one write instead of many appends).',
  });
}

/** A limit of the policy, which the agent keeps. */
export function limitExceeded(error: WaterflowError): Failure {
  return failure('limit', error);
}

/** More than `bytes` of log in one invocation. */
export function tooMuchLog(bytes: number): Failure {
  return failure('limit', {
    code: 'LIMIT_EXCEEDED',
    message: `the plugin wrote more than ${Math.round(bytes / 1024 / 1024)} MiB to its log`,
    remedy: 'Log less, or write to a workspace file.',
  });
}

/** Sizes are bytes of JSON. */
export function outputTooLarge(bytes: number, limit: number): Failure {
  return failure('limit', {
    code: 'OUTPUT_TOO_LARGE',
    message: `the plugin's outputs are ${bytes} bytes of JSON; the limit is ${limit}`,
    remedy: 'Write the data to a workspace file and output its path.',
  });
}

/** Outputs that are no JSON, or too deep for it. */
export function invalidOutput(message: string): Failure {
  return failure('failure', {
    code: 'INVALID_OUTPUT',
    message: `the plugin's outputs can't be used: ${message}`,
    remedy: 'Return plain JSON: objects, arrays, texts, finite numbers, true, false and null.',
  });
}

/** Code that doesn't load, or that a sandbox refuses to load. */
export function invalidPlugin(message: string, remedy: string | undefined): Failure {
  return failure(undefined, {
    code: 'PLUGIN_INVALID',
    message,
    remedy: remedy ?? 'Correct the plugin; `waterflow plugin run` tries it on its own.',
  });
}

/** The host died without saying why; `what` is its signal or exit code. */
export function crashed(what: string): Failure {
  return failure('failure', {
    code: 'SANDBOX_CRASHED',
    message: `the sandbox of the plugin ended unexpectedly: ${what}`,
    remedy:
      'Run the step again; if it happens again, the plugin is broken or hostile. `waterflow doctor` checks the machine.',
  });
}

/** The host sent what only one that was taken over can send. */
export function brokeProtocol(what: string): Failure {
  return failure('failure', {
    code: 'SANDBOX_CRASHED',
    message: `the sandbox of the plugin was ended: it sent ${what}, which no plugin of good will does`,
    remedy: 'Treat the plugin as hostile: find out where it comes from before you run it again.',
  });
}

/** No host, or none that is confined as the policy requires. */
export function unavailable(message: string): Failure {
  return failure(undefined, {
    code: 'CONFINEMENT_UNAVAILABLE',
    message,
    remedy: 'Run `waterflow doctor` for what is missing, or lower `require.confinement` in the policy knowingly.',
  });
}

/** Somebody cancelled, and the plugin has ended. */
export function cancelled(): Extract<InvocationOutcome, { kind: 'cancelled' }> {
  return {
    kind: 'cancelled',
    error: {
      code: 'CANCELLED',
      message: 'the step was cancelled',
      remedy: 'Run the workflow again to run the step.',
    },
  };
}
