/**
 * What `Date` and `Math.random` of an isolate say. Usually the machine's own; where the policy says `deterministic`, a clock
 * that sleeps alone move and numbers that come from a seed. Runs inside the isolate, before its intrinsics are frozen.
 */
import type { Calls } from './calls.ts';

/** Where a deterministic invocation begins, as the agent says. */
export interface DeterministicStart {
  /** Milliseconds since the epoch. */
  readonly now_ms: number;
  /** At least 32 hex digits. */
  readonly seed: string;
}

/** An isolate's clock and dice. */
export interface TimeAndChance {
  /** From here on nothing of the machine's shows. */
  begin(start: DeterministicStart): void;
  /** The same calls, the sleeps among which move the clock once they are over, where it isn't the machine's. */
  following(calls: Calls): Calls;
}

/** Puts in the place of `Date` and `Math.random` what can be made deterministic later. */
export function replaceTimeAndChance(global: typeof globalThis): TimeAndChance {
  const machineNow = Date.now;
  const machineRandom = Math.random;
  let fixed: { now: number; readonly random: () => number } | undefined;
  const now = (): number => fixed?.now ?? machineNow();
  replaceDate(global, now);
  replaceFormats(now);
  Math.random = function random() {
    return fixed === undefined ? machineRandom() : fixed.random();
  };
  const advanceTo = (time: number): void => {
    if (fixed !== undefined && time > fixed.now) fixed.now = time;
  };
  return {
    begin({ now_ms, seed }) {
      fixed = { now: now_ms, random: randomOf(seed) };
    },
    following: (calls) => ({
      ...calls,
      start(capability, operation, args) {
        // A plugin written in JavaScript may pass anything for a name.
        const names: readonly unknown[] = [capability, operation];
        const called = names.map(String).join('.');
        const answer = calls.start(capability, operation, args);
        if (called === 'clock.now') return answer.then((time) => (advanceTo(Number(time)), time));
        if (called !== 'sleep.for') return answer;
        const wake = now() + millisecondsOf(args);
        return answer.then((done) => (advanceTo(wake), done));
      },
    }),
  };
}

/** The time at which a sleep of these arguments ends, from now; what is no number was refused by the agent. */
function millisecondsOf(args: unknown): number {
  const ms = typeof args === 'object' && args !== null && 'ms' in args ? args.ms : 0;
  return typeof ms === 'number' ? ms : 0;
}

/** A Date that asks `now` wherever the built-in one asks the machine; else the built-in one. */
function replaceDate(global: typeof globalThis, now: () => number): void {
  const BuiltIn = Date;
  // A function that is called and constructed alike, as no class can be.
  const Replaced = function Date(...parts: readonly unknown[]): unknown {
    const isConstructed = new.target !== undefined;
    if (!isConstructed) return new BuiltIn(floored(now())).toString();
    return Reflect.construct(BuiltIn, parts.length === 0 ? [floored(now())] : parts, new.target);
  };
  Object.defineProperties(Replaced, {
    length: { value: 7 },
    prototype: { value: BuiltIn.prototype, writable: false },
    now: { value: () => floored(now()), writable: true, configurable: true },
    parse: { value: BuiltIn.parse, writable: true, configurable: true },
    UTC: { value: BuiltIn.UTC, writable: true, configurable: true },
  });
  Object.defineProperty(BuiltIn.prototype, 'constructor', { value: Replaced, writable: true, configurable: true });
  Object.defineProperty(global, 'Date', { value: Replaced, writable: true, configurable: true });
}

/** `Intl.DateTimeFormat` formats the present where it is given no date. */
function replaceFormats(now: () => number): void {
  // QuickJS has none.
  if (typeof Intl === 'undefined') return;
  const { prototype } = Intl.DateTimeFormat;
  const format = Object.getOwnPropertyDescriptor(prototype, 'format');
  const toParts = Object.getOwnPropertyDescriptor(prototype, 'formatToParts');
  const bound = new WeakMap<object, (date?: Date | number) => string>();
  Object.defineProperty(prototype, 'format', {
    configurable: true,
    get(this: Intl.DateTimeFormat) {
      const builtIn: (date: Date | number) => string = format?.get?.call(this);
      const known = bound.get(builtIn);
      if (known !== undefined) return known;
      const replaced = (date?: Date | number): string => builtIn(date ?? now());
      bound.set(builtIn, replaced);
      return replaced;
    },
  });
  prototype.formatToParts = function parts(this: Intl.DateTimeFormat, date?: Date | number) {
    return toParts?.value.call(this, date ?? now());
  };
}

function floored(time: number): number {
  return Math.floor(time);
}

/** sfc32 (Chris Doty-Humphrey's PractRand), seeded by four words: even and fast, and nothing to make a key of. */
export function randomOf(seed: string): () => number {
  const word = (index: number): number => Number.parseInt(seed.slice(8 * index, 8 * index + 8), 16) >>> 0;
  let [a, b, c, counter] = [word(0), word(1), word(2), word(3)];
  return () => {
    const sum = (a + b + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return sum / 2 ** 32;
  };
}
