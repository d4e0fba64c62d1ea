import { performance } from 'node:perf_hooks';

/** How much of a time the process was busy. */
export interface ProcessUse {
  /** The part of the time since it was asked last: from 0, nothing, to 1. */
  readonly busy: () => number;
  /** Calls again and again, until it is disposed of. */
  readonly eachMinute: (action: () => void) => Disposable;
}

/** Timers, probes of its health and other servers' questions take less; one request a second takes about this. */
const mostBusy = 0.01;
const minuteMs = 60_000;

/**
 * Calls `rest` when there was nothing to do for a minute, and then not again before there was something: giving memory back takes some tenths of a
 * second, in which nobody is answered.
 */
export function restWhenQuiet(use: ProcessUse, rest: () => void): Disposable {
  let isRested = false;
  return use.eachMinute(() => {
    const isQuiet = use.busy() <= mostBusy;
    if (isQuiet && !isRested) {
      rest();
      // What that took is no work.
      use.busy();
    }
    isRested = isQuiet;
  });
}

/** That of this thread's event loop. */
export function eventLoopUse(): ProcessUse {
  let last = performance.eventLoopUtilization();
  return {
    busy: () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, last);
      last = now;
      return utilization;
    },
    eachMinute: (action) => {
      const timer = setInterval(action, minuteMs).unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
  };
}
