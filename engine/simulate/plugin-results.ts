import {
  assertNever,
  type JsonObject,
  type RetryClass,
  type StepResult,
  type WaterflowError,
} from '../../schemas/index.ts';

const noCalls = { allowed: 0, denied: 0 };

/** What a plugin step comes to that did what the script says. */
export function resultOf(result: 'success' | Exclude<RetryClass, 'lost'>, outputs: JsonObject): StepResult {
  if (result === 'success') return { outcome: 'success', outputs, host_calls: noCalls };
  const denied = result === 'denied' ? { allowed: 0, denied: 1 } : noCalls;
  return { outcome: 'failure', class: result, error: errorOf(result), outputs, host_calls: denied };
}

/** What a plugin step comes to that was cut short. */
export function cutShort(reason: 'cancelled' | 'timeout'): StepResult {
  if (reason === 'timeout') return resultOf('timeout', {});
  const error: WaterflowError = { code: 'CANCELLED', message: 'it was cancelled', remedy: 'Run it again.' };
  return { outcome: 'cancelled', error, outputs: {}, host_calls: noCalls };
}

function errorOf(result: Exclude<RetryClass, 'lost'>): WaterflowError {
  const remedy = 'This is what the simulation was told.';
  switch (result) {
    case 'failure':
      return { code: 'STEP_FAILED', message: 'it fails, as simulated', remedy };
    case 'timeout':
      return { code: 'TIMEOUT', message: 'it does not end in time, as simulated', remedy };
    case 'limit':
      return { code: 'LIMIT_EXCEEDED', message: 'it exceeds a limit, as simulated', remedy };
    case 'denied':
      return { code: 'DENIED', message: 'a host call of it is denied, as simulated', remedy };
    default:
      return assertNever(result);
  }
}
