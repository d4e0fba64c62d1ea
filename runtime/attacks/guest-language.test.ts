import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { HostCall } from '../host-call.ts';
import type { Supervisor } from '../supervisor/api.ts';
import { createSupervisor } from '../supervisor/index.ts';
import { modules, requestOf, script } from '../testing/invocation.ts';

describe('a guest in an isolate', () => {
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

  it('cannot hand out the key __proto__, as outputs or as arguments', async () => {
    const calls: HostCall[] = [];
    const plugin = script(`
      const hostile = JSON.parse('{"a":{"__proto__":{"polluted":true}}}');
      const refused = await host.call('a', 'b', hostile).catch((error) => error.code);
      await host.call('a', 'b', { refused });
      return hostile;`);
    const outcome = await supervisor.invoke(
      requestOf(plugin, {
        host: async (call) => {
          calls.push(call);
          const { malformed } = call;
          return malformed === undefined ? { ok: null } : { error: { code: 'INVALID_ARGUMENTS', message: malformed } };
        },
      }),
    );
    // What the agent gets of it is its text, for the record.
    expect(calls).toEqual([
      { capability: 'a', operation: 'b', args: expect.any(String), malformed: expect.stringContaining('__proto__') },
      { capability: 'a', operation: 'b', args: { refused: 'INVALID_ARGUMENTS' } },
    ]);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'INVALID_OUTPUT' } });
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
