import type { WorkflowInterceptors } from '@temporalio/workflow';
import { scaledTime, timeScale } from './scaled-time.ts';

/** For tests, a module of the bundle: the time of workflows goes faster than Temporal's, and their timers are as much shorter. */
export function interceptors(): WorkflowInterceptors {
  const OfTemporal = Date;
  // The object itself is frozen; the global is each workflow's own.
  class ScaledDate extends OfTemporal {
    static override now(): number {
      return scaledTime(OfTemporal.now());
    }
  }
  // Nobody calls it without `new`, which is all that it lacks.
  globalThis.Date = ScaledDate as unknown as DateConstructor;
  return {
    outbound: [
      {
        startTimer: (input, next) =>
          next({ ...input, durationMs: Math.max(1, Math.ceil(input.durationMs / timeScale)) }),
      },
    ],
  };
}
