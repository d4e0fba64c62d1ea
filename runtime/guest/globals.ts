/**
 * What authors expect to find and no bare engine has, the same in an isolate and in a module. What takes much code is a
 * polyfill (runtime/guest/polyfills) that is loaded when it is looked at first; what needs the world is a host call.
 */
import { bytesOfBase64 } from './base64.ts';
import type { Calls } from './calls.ts';
import { DOMException } from './dom-exception.ts';

/** The names of the polyfills, and the globals that each gives; one that needs another comes behind it. */
const polyfillGlobals = {
  encoding: ['TextEncoder', 'TextDecoder'],
  base64: ['atob', 'btoa'],
  url: ['URL', 'URLSearchParams'],
  clone: ['structuredClone'],
  abort: ['AbortController', 'AbortSignal', 'Event', 'EventTarget'],
} as const;

/** What the globals do their work with, once there is a host. */
export interface GlobalPowers {
  readonly calls: Pick<Calls, 'start' | 'now' | 'originOf'>;
  /** Loads a polyfill; its exports are handed to `provide` before this returns. */
  readonly load: (polyfill: string) => void;
  /** Throws where it is too early for a timer. */
  readonly requireRun: () => void;
}

/** The globals of one isolate or module. */
export interface Globals {
  readonly connect: (powers: GlobalPowers) => void;
  /** Hands in what a polyfill exports. */
  readonly provide: (polyfill: string, exports: Readonly<Record<string, unknown>>) => void;
  /** Says who is told of an error that a timer's function throws. */
  readonly onUncaught: (fail: (error: unknown) => void) => void;
}

/** Defines them; none can be replaced. After the intrinsics are hardened. */
export function defineGlobals(global: typeof globalThis): Globals {
  const polyfills = new Map<string, Readonly<Record<string, unknown>>>();
  let connected: GlobalPowers | undefined;
  let fail = (_error: unknown): void => {};

  const powers = (): GlobalPowers => {
    if (connected === undefined) throw new Error('there is no host yet');
    return connected;
  };
  const polyfill = (name: string): Readonly<Record<string, unknown>> => {
    if (!polyfills.has(name)) {
      // A polyfill looks for what it is to stand for, and is to find nothing.
      polyfills.set(name, {});
      powers().load(name);
    }
    return polyfills.get(name) ?? {};
  };
  const uncaught = (error: unknown): void => fail(error);

  for (const [name, globals] of Object.entries(polyfillGlobals)) {
    for (const each of globals) Object.defineProperty(global, each, { get: () => polyfill(name)[each] });
  }
  const own = {
    DOMException,
    ...timersOf(powers, uncaught),
    crypto: cryptoOf(powers, polyfill),
    queueMicrotask: (action: unknown) => {
      const run = functionOf(action);
      Promise.resolve()
        .then(() => run())
        .catch(uncaught);
    },
  };
  for (const [name, value] of Object.entries(own)) Object.defineProperty(global, name, { value });
  return {
    connect: (given) => {
      connected = given;
    },
    provide: (name, exports) => {
      for (const value of Object.values(exports)) freezeClass(value);
      polyfills.set(name, exports);
    },
    onUncaught: (told) => {
      fail = told;
    },
  };
}

/** The names of the globals for which there are polyfills. */
export function polyfilledNames(): readonly string[] {
  return Object.values(polyfillGlobals).flat();
}

/** The names of the polyfills that a script needs, in their order, by the globals that it uses. */
export function polyfillsFor(used: ReadonlySet<string>): readonly string[] {
  const isUsed = (names: readonly string[]): boolean => names.some((name) => used.has(name));
  const named = Object.entries(polyfillGlobals).filter(
    // The tables of international names in URLs are in base64.
    ([name, globals]) => isUsed(globals) || (name === 'base64' && isUsed(polyfillGlobals.url)),
  );
  return [...named.map(([name]) => name), ...(used.has('crypto') ? ['digest'] : [])];
}

function freezeClass(value: unknown): void {
  if (typeof value !== 'function') return;
  Object.freeze(value);
  if (typeof value.prototype === 'object' && value.prototype !== null) Object.freeze(value.prototype);
}

function functionOf(action: unknown): (...args: readonly unknown[]) => unknown {
  if (typeof action !== 'function') throw new TypeError('the first argument must be a function');
  // It is one; what it takes is its author's business.
  return action as (...args: readonly unknown[]) => unknown;
}

/** A day: the longest that host.sleep takes. */
const longestTimerMs = 86_400_000;

/** Timers over host.sleep: each is a host call. A step that is done doesn't wait for those that are still open. */
function timersOf(
  powers: () => GlobalPowers,
  uncaught: (error: unknown) => void,
): Readonly<Record<'setTimeout' | 'clearTimeout', unknown>> {
  const open = new Set<number>();
  let last = 0;
  const wait = async (id: number, ms: number, run: () => unknown): Promise<void> => {
    try {
      await powers().calls.start('sleep', 'for', { ms });
    } catch (error) {
      // A step that is being cancelled has no use for what it would have done later.
      if (powers().calls.originOf(error)?.code === 'CANCELLED') return;
      throw error;
    }
    if (open.delete(id)) await run();
  };
  return Object.freeze({
    setTimeout: (action: unknown, delay: unknown = 0, ...args: readonly unknown[]) => {
      powers().requireRun();
      const run = functionOf(action);
      last += 1;
      open.add(last);
      const ms = Math.min(Math.max(Number(delay) || 0, 0), longestTimerMs);
      wait(last, ms, () => run(...args)).catch(uncaught);
      return last;
    },
    clearTimeout: (id: unknown) => {
      open.delete(Number(id));
    },
  });
}

/** What the web's getRandomValues takes at most, and host.random, too. */
const mostRandomBytes = 65_536;
const digestNames: Readonly<Record<string, string>> = {
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

function cryptoOf(
  powers: () => GlobalPowers,
  polyfill: (name: string) => Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const digest = async (algorithm: unknown, data: unknown): Promise<ArrayBuffer> => {
    const bytes = copyOf(data);
    const named =
      typeof algorithm === 'object' && algorithm !== null && 'name' in algorithm ? algorithm.name : algorithm;
    const name = digestNames[String(named).toUpperCase()];
    if (name === undefined) throw new DOMException(`there is no digest ${String(named)}`, 'NotSupportedError');
    // @noble/hashes: each is a function of bytes.
    const hash = polyfill('digest')[name] as (bytes: Uint8Array) => Uint8Array;
    return new Uint8Array(hash(bytes)).buffer;
  };
  return Object.freeze({
    getRandomValues: <Values>(values: Values): Values => {
      const view = integersOf(values);
      if (view.length > mostRandomBytes)
        throw new DOMException(`at most ${mostRandomBytes} bytes at a time`, 'QuotaExceededError');
      // The agent answers in base64.
      if (view.length > 0)
        view.set(bytesOfBase64(powers().calls.now('random', 'bytes', { length: view.length }) as string));
      return values;
    },
    randomUUID: () => powers().calls.now('random', 'uuid', {}),
    subtle: Object.freeze({ digest }),
  });
}

/** The bytes of a typed array of integers, as a view of the same memory. */
function integersOf(values: unknown): Uint8Array {
  const isFloat = values instanceof Float32Array || values instanceof Float64Array;
  if (!ArrayBuffer.isView(values) || values instanceof DataView || isFloat)
    throw new DOMException('a typed array of integers is needed', 'TypeMismatchError');
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

function copyOf(data: unknown): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data.slice(0));
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
  throw new TypeError('an ArrayBuffer, a typed array or a DataView is needed');
}
