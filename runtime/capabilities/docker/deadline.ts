import { CallFailure, type CallScope } from '../capability.ts';
import { failureOfEngine } from './wire/errors.ts';

/** Work with the daemon that may take long, and what it is called in messages. */
export interface Bounded<Result> {
  readonly doing: string;
  readonly timeout_ms: number;
  readonly act: (signal: AbortSignal) => Promise<Result>;
}

/** Does it until the step is cancelled or its time is up; tells what the daemon refused as a failure of the call. */
export async function within<Result>(
  scope: Pick<CallScope, 'signal' | 'kill'>,
  { doing, timeout_ms: timeoutMs, act }: Bounded<Result>,
): Promise<Result> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const signals = [scope.signal, timeout, ...(scope.kill === undefined ? [] : [scope.kill])];
  try {
    return await act(AbortSignal.any(signals));
  } catch (cause) {
    if (scope.signal.aborted || scope.kill?.aborted === true) throw cancelled();
    if (timeout.aborted) throw new CallFailure('TIMEOUT', `${doing}: it did not end within ${timeoutMs} ms`);
    throw failureOfEngine(cause, doing);
  }
}

/** Refuses to begin what would be ended at once. */
export function requireUncancelled(scope: Pick<CallScope, 'signal'>): void {
  if (scope.signal.aborted) throw cancelled();
}

function cancelled(): CallFailure {
  return new CallFailure('CANCELLED', 'the step is being cancelled');
}
