import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { asProblem } from '../api/client.ts';
import type { Live } from './live.ts';

/** Asks once for each `key`, and again where that is wanted; for nothing as long as there is no key. */
export function useLoaded<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Live<T> {
  const value: Live<T>['value'] = useSignal(undefined);
  const problem: Live<T>['problem'] = useSignal(undefined);
  const asked = useSignal(0);
  useEffect(() => {
    if (key === undefined) return undefined;
    const over = new AbortController();
    problem.value = undefined;
    const read = async (): Promise<void> => {
      try {
        const loaded = await load(over.signal);
        if (!over.signal.aborted) value.value = loaded;
      } catch (thrown) {
        if (!over.signal.aborted) problem.value = asProblem(thrown);
      }
    };
    void read();
    return () => over.abort();
  }, [key, asked.value]);
  return { value, problem, refresh: () => (asked.value += 1) };
}
