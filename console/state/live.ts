import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { asProblem } from '../api/client.ts';
import type { ApiProblem } from '../api/problem.ts';
import { sharing } from './sharing.ts';

/** Something that is asked for again and again. */
export interface Live<T> {
  /** Absent: it hasn't come yet. */
  readonly value: Signal<T | undefined>;
  /** What kept the last try from it. What came before stays. */
  readonly problem: Signal<ApiProblem | undefined>;
  /** Asks at once, as after something was changed. */
  readonly refresh: () => void;
}

/** What a server that has trouble is spared. */
const longestPauseMs = 30_000;

/**
 * Asks at once, again each so many ms as `everyMs` says of what came last, while somebody looks at the page, and anew when `key` is another one. While it fails the pauses grow,
 * and where the server says when to come back that is when. What comes is JSON; where it is as it was, nothing is drawn again.
 */
export function useLive<T>(
  key: string,
  everyMs: (value: T | undefined) => number,
  load: (signal: AbortSignal) => Promise<T>,
): Live<T> {
  const value = useSignal<T | undefined>(undefined);
  const problem = useSignal<ApiProblem | undefined>(undefined);
  const asked = useSignal(0);
  const count = asked.value;
  // As the page is now, whenever it is asked for.
  const latest = useRef({ everyMs, load });
  latest.current = { everyMs, load };
  useEffect(() => {
    value.value = undefined;
    problem.value = undefined;
  }, [key]);
  useEffect(() => {
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const look = async (): Promise<void> => {
      try {
        const loaded = await latest.current.load(over.signal);
        // A picture comes between reading what may be large and drawing it.
        await new Promise((resolve) => setTimeout(resolve));
        if (over.signal.aborted) return;
        failures = 0;
        value.value = sharing(value.value, loaded);
        problem.value = undefined;
      } catch (thrown) {
        if (over.signal.aborted) return;
        failures += 1;
        problem.value = asProblem(thrown);
      }
      plan();
    };
    const plan = (): void => {
      if (document.hidden) return;
      const wait = problem.value?.retryAfter;
      const pause = wait === undefined ? latest.current.everyMs(value.value) * 2 ** Math.min(failures, 5) : wait * 1000;
      timer = setTimeout(() => void look(), Math.min(pause, longestPauseMs));
    };
    const seen = (): void => {
      clearTimeout(timer);
      if (!document.hidden) void look();
    };
    document.addEventListener('visibilitychange', seen);
    // The network is back: not only once the pause is over.
    addEventListener('online', seen);
    void look();
    return () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
      removeEventListener('online', seen);
    };
  }, [key, count]);
  return { value, problem, refresh: () => (asked.value += 1) };
}
