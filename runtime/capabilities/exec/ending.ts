import { CallFailure } from '../capability.ts';
import type { ExecPowers } from './powers.ts';
import type { RunningProgram } from './program.ts';

/** Why an exec is being ended before it ended itself; the first reason counts. */
export interface Ending extends Disposable {
  readonly failure: CallFailure | undefined;
  /** Ends it at once: a limit was exceeded, or its output can't be kept. */
  now(failure: unknown): void;
  /** Rejects where what was killed doesn't die; never resolves. */
  readonly stuck: Promise<never>;
  /** What went wrong that isn't the program's doing. */
  readonly broken: { readonly cause: unknown } | undefined;
}

/** When an exec must end. */
export interface EndingRules {
  readonly signal: AbortSignal;
  /** Aborted where it must end at once. */
  readonly kill: AbortSignal | undefined;
  readonly timeout_ms: number | undefined;
  readonly powers: ExecPowers;
}

/**
 * Watches over a running program: cancellation and timeout ask it to end (SIGINT, then SIGTERM, each with its grace) and then
 * kill it; a limit kills it at once.
 */
export function watchOver(program: Pick<RunningProgram, 'signal' | 'kill'>, rules: EndingRules): Ending {
  const over = new AbortController();
  let failure: CallFailure | undefined;
  let broken: { readonly cause: unknown } | undefined;
  const stuck = Promise.withResolvers<never>();
  // Whoever waits for the program sees it; nobody may be waiting.
  stuck.promise.catch(() => undefined);
  const { powers } = rules;

  const askThenKill = async (): Promise<void> => {
    for (const [name, ms] of [
      ['SIGINT', powers.graces.interrupt_ms] as const,
      ['SIGTERM', powers.graces.terminate_ms] as const,
    ]) {
      program.signal(name);
      // Rejects when the program ended in the meantime.
      await powers.pause(ms, over.signal).catch(() => undefined);
      if (over.signal.aborted) return;
    }
    program.kill().catch(stuck.reject);
  };
  const onCancel = (): void => {
    if (failure !== undefined || broken !== undefined) return;
    failure = new CallFailure('CANCELLED', 'the program was ended because the step is being cancelled');
    void askThenKill();
  };
  const onKill = (): void => {
    onCancel();
    program.kill().catch(stuck.reject);
  };
  const timeout = async (ms: number): Promise<void> => {
    await powers.pause(ms, over.signal);
    if (failure !== undefined || broken !== undefined) return;
    failure = new CallFailure('TIMEOUT', `the program did not end within ${ms} ms`);
    void askThenKill();
  };

  if (rules.signal.aborted) onCancel();
  else rules.signal.addEventListener('abort', onCancel, { once: true });
  if (rules.kill?.aborted === true) onKill();
  else rules.kill?.addEventListener('abort', onKill, { once: true });
  // Rejects when the program ended before it.
  if (rules.timeout_ms !== undefined) void timeout(rules.timeout_ms).catch(() => undefined);

  return {
    get failure() {
      return failure;
    },
    get broken() {
      return broken;
    },
    now(cause) {
      if (failure === undefined && broken === undefined) {
        if (cause instanceof CallFailure) failure = cause;
        else broken = { cause };
      }
      program.kill().catch(stuck.reject);
    },
    stuck: stuck.promise,
    [Symbol.dispose]() {
      rules.signal.removeEventListener('abort', onCancel);
      rules.kill?.removeEventListener('abort', onKill);
      over.abort();
    },
  };
}
