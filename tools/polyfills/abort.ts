import { Event, EventTarget, getEventAttributeValue, setEventAttributeValue } from 'event-target-shim';

export { Event, EventTarget };

/** Makes signals: nobody else may. */
const own = Symbol('own');
/** Aborts a signal; the first reason stays. */
let abort: (signal: AbortSignal, reason: unknown) => void;

/** As the DOM standard has it (section 3.2). */
export class AbortSignal extends EventTarget {
  #isAborted = false;
  #reason: unknown = undefined;
  /** Signals of `any` that follow this one. */
  readonly #followers = new Set<AbortSignal>();

  static {
    abort = (signal, reason) => {
      if (signal.#isAborted) return;
      signal.#isAborted = true;
      signal.#reason = reason === undefined ? new DOMException('This operation was aborted', 'AbortError') : reason;
      signal.dispatchEvent(new Event('abort'));
      for (const follower of signal.#followers) abort(follower, signal.#reason);
      signal.#followers.clear();
    };
  }

  constructor(maker?: symbol) {
    if (maker !== own) throw new TypeError('Illegal constructor');
    super();
  }

  static abort(reason?: unknown): AbortSignal {
    const signal = new AbortSignal(own);
    abort(signal, reason);
    return signal;
  }

  static any(signals: Iterable<AbortSignal>): AbortSignal {
    const all = [...signals];
    const aborted = all.find(({ aborted: isAborted }) => isAborted);
    if (aborted !== undefined) return AbortSignal.abort(aborted.#reason);
    const signal = new AbortSignal(own);
    for (const each of all) each.#followers.add(signal);
    return signal;
  }

  static timeout(milliseconds: number): AbortSignal {
    const signal = new AbortSignal(own);
    const reason = new DOMException('The operation was aborted due to timeout', 'TimeoutError');
    setTimeout(() => abort(signal, reason), milliseconds);
    return signal;
  }

  get aborted(): boolean {
    return this.#isAborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  get onabort(): unknown {
    return getEventAttributeValue(this, 'abort');
  }

  set onabort(listener: unknown) {
    setEventAttributeValue(this, 'abort', listener);
  }

  throwIfAborted(): void {
    if (this.#isAborted) throw this.#reason;
  }
}

/** As the DOM standard has it (section 3.1). */
export class AbortController {
  readonly #signal = new AbortSignal(own);

  get signal(): AbortSignal {
    return this.#signal;
  }

  abort(reason?: unknown): void {
    abort(this.#signal, reason);
  }
}
