import type { Host } from 'waterflow/plugin';
import { type Attempt, attemptGrab, type Try } from './report.ts';

/** Code that would run with the powers of whoever made the function, if that could be reached. */
const payload = 'return typeof process === "object" && process.pid ? "process " + process.pid : undefined';

/** Walks from a value to the function that makes functions, and runs code with it. */
function walk(value: unknown): unknown {
  // Any value has a constructor; what it is, is what is being tried.
  const constructor = (value as { constructor: { constructor: (code: string) => () => unknown } }).constructor;
  return constructor.constructor(payload)();
}

/** Ways out of the sandbox that need no host call. */
export const breakouts: Readonly<Record<string, Attempt>> = {
  constructors: async (host, inputs) => {
    const values: readonly (readonly [string, () => unknown])[] = [
      ['the inputs', () => inputs],
      ['the host', () => host],
      ['a host function', () => Reflect.get(host, 'log')],
      ['a promise of the host', () => host.now()],
      ['the step', () => host.step],
      ['the global object', () => globalThis],
    ];
    const tries = values.map(([what, value]) => attemptGrab(`make a function from ${what}`, () => walk(value())));
    return [...tries, await fromError(host), ...ambient()];
  },

  pollution: async (host, inputs) => {
    const parsed: unknown = JSON.parse(
      '{"__proto__": {"allowed": true}, "constructor": {"prototype": {"allowed": true}}}',
    );
    const polluted = attemptGrab('change what every object has', () => {
      Object.assign(Object.prototype, { allowed: true });
      Object.assign(inputs, parsed);
      return undefined;
    });
    const called = attemptGrab('make a denied call look granted', () => {
      // A host that looked the grant up in a plain object would find this one.
      Object.assign(Object.prototype, { exec: { run: true }, ok: 'granted' });
      return undefined;
    });
    const kept = attemptGrab('find what an earlier run of this plugin left', () => Reflect.get(globalThis, 'left'));
    Reflect.set(globalThis, 'left', 'here');
    const denied = await host.call('exec', 'run', { command: 'id' }).then(
      (answer): Try => ({ what: 'call exec after that', result: JSON.stringify(answer), escaped: true }),
      (error: unknown): Try => ({ what: 'call exec after that', result: String(error), escaped: false }),
    );
    return [polluted, called, kept, denied];
  },
};

/** Errors are made where the fault is found, so one of the host's could carry the host's constructors. */
async function fromError(host: Host): Promise<Try> {
  const error: unknown = await host.call('exec', 'run', { command: 'id' }).catch((reason: unknown) => reason);
  return attemptGrab('make a function from an error of the host', () => walk(error));
}

/** What other JavaScript environments hand out freely. */
function ambient(): readonly Try[] {
  const names = ['process', 'require', 'module', 'fetch', 'XMLHttpRequest', 'WebSocket', 'Worker', 'Deno', 'Bun'];
  return names.map((name) => attemptGrab(`find ${name}`, () => Reflect.get(globalThis, name)));
}
