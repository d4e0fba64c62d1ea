import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';
import type { Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { modules, requestOf, script } from '../testing/invocation.ts';

/** Walks from a value along constructors and prototypes to whatever makes functions from text, and runs some. */
const walk = `
const walk = (start) => {
  const seen = new Set();
  const queue = [start];
  const found = [];
  while (queue.length > 0 && seen.size < 3000) {
    const value = queue.shift();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (typeof value === 'function') {
      try { found.push(String(value('return typeof process'))()); } catch {}
      try { const made = new value('return typeof process'); if (typeof made === 'function') found.push(made()); } catch {}
      try { const made = Reflect.construct(value, ['return typeof process']); if (typeof made === 'function') found.push(made()); } catch {}
    }
    for (const key of Reflect.ownKeys(value)) { try { queue.push(value[key]); } catch {} }
    try { queue.push(Object.getPrototypeOf(value)); } catch {}
    try { queue.push(value.constructor); } catch {}
  }
  return found;
};`;

describe('a guest that looks for a way out', () => {
  let supervisor: Supervisor;
  beforeAll(async () => {
    supervisor = await createSupervisor();
  });
  afterAll(() => supervisor[Symbol.asyncDispose]());

  async function outputsOf(body: string, inputs: JsonObject = {}): Promise<Json> {
    const outcome = await supervisor.invoke(requestOf(script(body), { inputs }));
    expect(outcome.kind === 'returned' ? '' : outcome.error.message).toBe('');
    return outcome.kind === 'returned' ? outcome.outputs : null;
  }

  it.each([
    ['its inputs', 'inputs'],
    ['the host', 'host'],
    ['a function of the host', 'host.call'],
    ['a promise of the host', 'host.now()'],
    ['an answer of the host', 'await host.call("a", "b", { x: [1] })'],
    ['a rejected call', 'await host.call("a", "b", 10n).catch((error) => error)'],
    ['an error of its own', '(() => { try { null.x; } catch (error) { return error; } })()'],
    ['a failed import', 'await import("./x.js").catch((error) => error)'],
    ['console', 'console'],
    ['the arguments of the caller', '(function f() { return [f.caller, f.arguments]; }).bind'],
    [
      'the frames of a stack',
      '(() => { const frames = []; try { Object.defineProperty(Error, "prepareStackTrace", { value: (_, f) => f }); frames.push(...new Error().stack); } catch {} return frames.map((f) => [f.getThis?.(), f.getFunction?.()]); })()',
    ],
  ])('finds no function maker from %s', async (_, start) => {
    expect(await outputsOf(`${walk}\nreturn { found: walk(${start}) };`, { a: { b: [1] } })).toEqual({ found: [] });
  });

  it('has no code from strings', async () => {
    const attempts = [
      'eval("1")',
      'globalThis["ev" + "al"]("1")',
      'Function("return 1")()',
      '(() => {}).constructor("return 1")()',
      '(async () => {}).constructor("return 1")()',
      '(function* () {}).constructor("return 1")()',
      '(async function* () {}).constructor("return 1")()',
      'Reflect.construct(Function, ["return 1"])()',
      'new (class extends Function {})("return 1")()',
    ];
    const body = attempts
      .map((attempt) => `try { ${attempt}; ran.push(${JSON.stringify(attempt)}); } catch {}`)
      .join('\n');
    expect(await outputsOf(`const ran = [];\n${body}\nreturn { ran };`)).toEqual({ ran: [] });
  });

  it('has nothing of Node, of the web or of shared memory', async () => {
    const names =
      'process require module fetch WebAssembly SharedArrayBuffer Atomics setTimeout queueMicrotask XMLHttpRequest';
    const body = `return { there: ${JSON.stringify(names.split(' '))}.filter((name) => name in globalThis) };`;
    expect(await outputsOf(body)).toEqual({ there: [] });
  });

  it('cannot change what its other modules are built on', async () => {
    const changes = [
      'Object.prototype.polluted = 1',
      'Array.prototype.push = () => 1',
      'Promise.prototype.then = () => 1',
      'Object.prototype.toString = () => 1',
      'Object.setPrototypeOf(Array.prototype, {})',
      'globalThis.JSON = {}',
      'globalThis.Promise = class {}',
      'JSON.parse = () => 1',
      'Function.prototype.call = () => 1',
    ];
    const body = changes
      .map((change) => `try { ${change}; changed.push(${JSON.stringify(change)}); } catch {}`)
      .join('\n');
    expect(await outputsOf(`const changed = [];\n${body}\nreturn { changed };`)).toEqual({ changed: [] });
  });

  it('can still shadow what people shadow', async () => {
    const body = `
      class Mine extends Error { constructor(m) { super(m); this.name = 'Mine'; } }
      const error = new Mine('text');
      const object = {};
      object.toString = () => 'own';
      object.constructor = 1;
      const fn = () => {};
      fn.toString = () => 'fn';
      Error.stackTraceLimit = 5;
      return { text: String(error), own: String(object), keys: Object.keys(object), fn: String(fn) };`;
    expect(await outputsOf(body)).toEqual({
      text: 'Mine: text',
      own: 'own',
      keys: ['toString', 'constructor'],
      fn: 'fn',
    });
  });

  it('gets inputs with hostile keys as plain data', async () => {
    const inputs = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":null}}',
    );
    const body = `
      const merge = (to, from) => { for (const key of Object.keys(from)) {
        if (typeof from[key] === 'object' && from[key]) merge((to[key] ??= {}), from[key]); else try { to[key] = from[key]; } catch {} } };
      try { merge({}, inputs); } catch {}
      return { polluted: ({}).polluted ?? null, own: Object.hasOwn(inputs, '__proto__') };`;
    expect(await outputsOf(body, inputs)).toEqual({ polluted: null, own: true });
  });

  it('cannot hand out the key __proto__, as outputs or as arguments', async () => {
    const calls: HostCall[] = [];
    const plugin = script(`
      const hostile = JSON.parse('{"a":{"__proto__":{"polluted":true}}}');
      const refused = await host.call('a', 'b', hostile).catch((error) => error.code);
      await host.call('a', 'b', { refused });
      return hostile;`);
    const outcome = await supervisor.invoke(
      requestOf(plugin, { host: async (call) => (calls.push(call), { ok: null }) }),
    );
    expect(calls.map(({ args }) => args)).toEqual([{ refused: 'INVALID_ARGUMENTS' }]);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'INVALID_OUTPUT' } });
  });

  it('leaves nothing behind for the next invocation', async () => {
    const plugin = modules({
      'index.ts': `
        let count = 0;
        export default async () => {
          count += 1;
          const seen = { count, global: globalThis.left ?? null };
          globalThis.left = 'here';
          return seen;
        };`,
    });
    for (let run = 0; run < 3; run += 1) {
      const outcome = await supervisor.invoke(requestOf(plugin));
      expect(outcome).toEqual({ kind: 'returned', outputs: { count: 1, global: null } });
    }
    expect(supervisor.hosts().some(({ calls }) => calls >= 3)).toBe(true);
  });

  it('does not get answers to calls that an earlier invocation left open', async () => {
    const plugin = script(`
      if (inputs.first) { host.call('slow', 'x', { secret: 'of the first' }); await host.call('fast', 'x', {}); return {}; }
      return { answer: await host.call('fast', 'x', { mine: true }) };`);
    const slow = Promise.withResolvers<void>();
    const host = async (call: HostCall) => {
      if (call.capability === 'slow') await slow.promise;
      return { ok: call.args };
    };
    await supervisor.invoke(requestOf(plugin, { inputs: { first: true }, host }));
    slow.resolve();
    const second = await supervisor.invoke(requestOf(plugin, { inputs: { first: false }, host }));
    expect(second).toEqual({ kind: 'returned', outputs: { answer: { mine: true } } });
  });

  it('gets an error for a capability that does not exist, and it is the agent that says so', async () => {
    const plugin = script(
      'return { code: await host.call("root", "shell", {}).catch((error) => [error.name, error.code]) };',
    );
    const outcome = await supervisor.invoke(
      requestOf(plugin, {
        host: async ({ capability }) => ({
          error: { code: 'UNKNOWN_CAPABILITY', message: `there is no ${capability}` },
        }),
      }),
    );
    expect(outcome).toEqual({ kind: 'returned', outputs: { code: ['HostError', 'UNKNOWN_CAPABILITY'] } });
  });

  it('cannot import what is outside of the plugin', async () => {
    for (const specifier of ['node:fs', 'fs', '/etc/passwd', '../outside.ts', './missing.ts', 'file:///etc/passwd']) {
      const plugin = modules({
        'index.ts': `import * as x from '${specifier}'; export default async () => ({ x: typeof x });`,
      });
      const outcome = await supervisor.invoke(requestOf(plugin));
      expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'PLUGIN_INVALID' } });
    }
  });

  it('imports its own modules and the guest API', async () => {
    const plugin = modules({
      'index.ts': `
        import { definePlugin } from 'waterflow/plugin';
        import { twice } from './lib/math.js';
        export default definePlugin(async (inputs) => ({ n: twice(inputs.n) }));`,
      'lib/math.ts': `import { two } from '../two.ts'; export const twice = (n) => two * n;`,
      'two.ts': 'export const two = await Promise.resolve(2);',
    });
    const outcome = await supervisor.invoke(requestOf(plugin, { inputs: { n: 21 } }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { n: 42 } });
  });
});
