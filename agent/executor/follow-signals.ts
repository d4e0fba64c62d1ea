/** A signal that is aborted with the first of others, or by its owner. */
export interface FollowingSignal extends Disposable {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}

/**
 * Follows signals until it is let go. AbortSignal.any() would do for once, but whatever it makes hangs on weak references, which
 * V8's quick collections take for strong ones: each step would leave kilobytes behind for the next full collection.
 */
export function followSignals(signals: readonly AbortSignal[]): FollowingSignal {
  const controller = new AbortController();
  const listeners = signals.map((signal) => {
    const onAbort = (): void => controller.abort(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    return { signal, onAbort };
  });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    [Symbol.dispose]: () => {
      for (const { signal, onAbort } of listeners) signal.removeEventListener('abort', onAbort);
    },
  };
}
