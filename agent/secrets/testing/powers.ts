import type { JsonObject } from '../../../schemas/index.ts';
import type { SecretEvent, SecretPowers } from '../api.ts';

/** Powers whose time a test moves. */
export interface TestPowers extends SecretPowers {
  /** How long was slept, in ms; a sleep takes no time. */
  readonly slept: readonly number[];
  readonly events: readonly SecretEvent[];
  readonly warnings: readonly { readonly message: string; readonly about: JsonObject }[];
  /** How long each thing that is to be done waits, in ms, in the order in which they were asked for. */
  readonly awaited: () => readonly number[];
  /** Lets so many ms pass: what is due is done, in order. */
  readonly pass: (milliseconds: number) => void;
}

export function testPowers(env: Readonly<Record<string, string>> = {}): TestPowers {
  let now = Date.parse('2026-01-01T00:00:00Z');
  const slept: number[] = [];
  const events: SecretEvent[] = [];
  const warnings: { message: string; about: JsonObject }[] = [];
  const waiting = new Set<{ readonly at: number; readonly act: () => void }>();
  return {
    slept,
    events,
    warnings,
    clock: { now: () => now },
    sleep: async (milliseconds) => void slept.push(milliseconds),
    later: (milliseconds, act) => {
      const one = { at: now + milliseconds, act };
      waiting.add(one);
      return { [Symbol.dispose]: () => void waiting.delete(one) };
    },
    awaited: () => [...waiting].map(({ at }) => at - now),
    pass: (milliseconds) => {
      now += milliseconds;
      for (const one of [...waiting].filter(({ at }) => at <= now)) {
        waiting.delete(one);
        one.act();
      }
    },
    chance: () => 1,
    env,
    told: (event) => void events.push(event),
    warned: (message, about) => void warnings.push({ message, about }),
  };
}
