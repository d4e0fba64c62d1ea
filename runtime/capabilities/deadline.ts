/** The end of one call's time; a rule that shows up while the call goes on may bring it forward. */
export interface Deadline extends Disposable {
  /** Aborted when the time is up. */
  readonly signal: AbortSignal;
  /** From the beginning of the call. */
  readonly limit_ms: number;
  /** Lets the call take no longer than this, counted from its beginning. Never lengthens it. */
  atMost(limit_ms: number | undefined): void;
}

/** Starts the clock of a call. */
export function startDeadline(limit_ms: number): Deadline {
  const began = performance.now();
  const controller = new AbortController();
  let limit = limit_ms;
  let timer: NodeJS.Timeout | undefined;
  const arm = (): void => {
    clearTimeout(timer);
    const left = Math.max(0, limit - (performance.now() - began));
    timer = setTimeout(() => controller.abort(new Error('the time is up')), left);
  };
  arm();
  return {
    signal: controller.signal,
    get limit_ms() {
      return limit;
    },
    atMost(least) {
      if (least === undefined || least >= limit) return;
      limit = least;
      arm();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
