import { describe, expect, it } from 'vitest';
import type { HostCall } from '../host-call.ts';
import { requestOf, script } from '../testing/invocation.ts';
import { startSupervisor } from '../testing/supervisors.ts';

describe('an invocation', () => {
  it('gives the inputs to the plugin and its result back', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('return { twice: inputs.n * 2, text: "ü€😀" };');
    const outcome = await supervisor.invoke(requestOf(plugin, { inputs: { n: 21 } }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { twice: 42, text: 'ü€😀' } });
  });

  it('gives an empty result where the plugin returns nothing', async () => {
    const supervisor = await startSupervisor();
    expect(await supervisor.invoke(requestOf(script('')))).toEqual({ kind: 'returned', outputs: {} });
  });

  it('has the helpers that the manifest requests, and no others', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('return { there: Object.keys(host) };', { requests: ['net', 'fs'] });
    expect(await supervisor.invoke(requestOf(plugin))).toEqual({
      kind: 'returned',
      outputs: { there: ['log', 'now', 'sleep', 'random', 'signal', 'call', 'net', 'fs', 'step'] },
    });
  });

  it('lets host calls overlap and answers them in any order', async () => {
    const supervisor = await startSupervisor();
    const order: string[] = [];
    const second = Promise.withResolvers<void>();
    const host = async ({ operation, args }: HostCall) => {
      order.push(operation);
      if (operation === 'one') await second.promise;
      else second.resolve();
      return { ok: args };
    };
    const plugin = script(`
      const done = [];
      await Promise.all(['one', 'two'].map(async (name) => { await host.call('c', name, {}); done.push(name); }));
      return { done };`);
    const outcome = await supervisor.invoke(requestOf(plugin, { host }));
    expect(order).toEqual(['one', 'two']);
    expect(outcome).toEqual({ kind: 'returned', outputs: { done: ['two', 'one'] } });
  });

  it('asks who it is only when the plugin looks', async () => {
    const supervisor = await startSupervisor();
    const calls: string[] = [];
    const host = async ({ capability, operation }: HostCall) => {
      calls.push(`${capability}.${operation}`);
      return { ok: { run: 'run-7' } };
    };
    const plugin = script('return { run: host.step.run, again: host.step.run };');
    const outcome = await supervisor.invoke(requestOf(plugin, { host }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { run: 'run-7', again: 'run-7' } });
    expect(calls).toEqual(['step.info']);
  });

  it('has every log line handled before it ends', async () => {
    const supervisor = await startSupervisor();
    const lines: unknown[] = [];
    const host = async ({ args }: HostCall) => (lines.push(args), { ok: null });
    const plugin = script('for (let i = 0; i < 300; i++) host.log(`line ${i}`); console.log("last", { a: 1 });');
    await supervisor.invoke(requestOf(plugin, { host }));
    expect(lines).toHaveLength(301);
    expect(lines.at(-1)).toEqual({ text: 'last {"a":1}' });
  });

  it('fails with the message of what the plugin throws, and says where', async () => {
    const supervisor = await startSupervisor();
    const outcome = await supervisor.invoke(requestOf(script('null.x;')));
    expect(outcome).toMatchObject({
      kind: 'failed',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: "Cannot read properties of null (reading 'x')" },
    });
    expect(outcome.kind === 'failed' && outcome.error.remedy).toContain('index.ts:2:6');
  });

  it('rejects a denied call with the rule, and fails as denied where nobody catches that', async () => {
    const supervisor = await startSupervisor();
    const denied = { code: 'DENIED', rule: 'policy rule 3', message: 'not this', remedy: 'ask for it' } as const;
    const host = async () => ({ denied });
    const caught = script(
      'return host.call("a", "b", {}).catch(({ name, code, rule, remedy }) => ({ name, code, rule, remedy }));',
    );
    expect(await supervisor.invoke(requestOf(caught, { host }))).toEqual({
      kind: 'returned',
      outputs: { name: 'HostDenied', code: 'DENIED', rule: 'policy rule 3', remedy: 'ask for it' },
    });
    const uncaught = script('await host.call("a", "b", {});');
    expect(await supervisor.invoke(requestOf(uncaught, { host }))).toEqual({
      kind: 'failed',
      class: 'denied',
      error: {
        code: 'DENIED',
        message: 'not this',
        remedy: 'ask for it The plugin made the call at index.ts:2:12.',
        rule: 'policy rule 3',
      },
    });
  });

  it.each([
    ['after a hundred that it caught', 'for (let i = 0; i < 101; i += 1) await call().catch(() => {}); await call();'],
    ['made while another one is handled, behind the end', 'call().catch(() => { void call(); });'],
    ['two of them later', 'call().catch(() => { call().catch(() => { void call(); }); });'],
    [
      'whose message it made a getter',
      `await call().catch((error) => {}); void call().catch((error) => {
         Object.defineProperty(error, 'message', { get: () => String(Math.random()) });
         throw error;
       });`,
    ],
  ])('fails as denied for a denial that nobody catches: %s', async (_, body) => {
    const supervisor = await startSupervisor();
    const denied = { code: 'DENIED', rule: 'policy rule 3', message: 'not this', remedy: 'ask for it' } as const;
    const plugin = script(`const call = () => host.call('a', 'b', {});\n${body}\nreturn {};`);
    expect(await supervisor.invoke(requestOf(plugin, { host: async () => ({ denied }) }))).toMatchObject({
      kind: 'failed',
      class: 'denied',
      error: { code: 'DENIED', rule: 'policy rule 3' },
    });
  });

  it('survives a handler that breaks its promise', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('return { code: await host.call("a", "b", {}).catch((error) => error.code) };');
    const host = async () => Promise.reject(new Error('internal detail'));
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { code: 'FAILED' },
    });
  });

  it('gets an answer to a log line that it asks for by name', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('host.log("a"); return { answer: await host.call("log", "write", { text: "b" }) };');
    expect(await supervisor.invoke(requestOf(plugin))).toEqual({
      kind: 'returned',
      outputs: { answer: { text: 'b' } },
    });
  });

  it('fails with its own message where the outputs that go with it are too large', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('throw Object.assign(new Error("mine"), { outputs: { a: "x".repeat(18 << 20) } });');
    const limits = { memory_bytes: 256 << 20 };
    const outcome = await supervisor.invoke(requestOf(plugin, { limits }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'STEP_FAILED', message: 'mine' } });
    expect(outcome).not.toHaveProperty('outputs');
  });

  it('has only so much carried out at a time, and all of it in the end', async () => {
    const supervisor = await startSupervisor();
    const plugin = script(`
      const args = { max_bytes: 8 << 20 };
      const answers = await Promise.all(Array.from({ length: 20 }, () => host.call('fs', 'read', args)));
      return { answers: answers.length };`);
    let atATime = 0;
    let most = 0;
    const host = async () => {
      atATime += 1;
      most = Math.max(most, atATime);
      await new Promise((resolve) => setImmediate(resolve));
      atATime -= 1;
      return { ok: 'x' };
    };
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { answers: 20 },
    });
    expect(most).toBeLessThanOrEqual(8);
  });

  it('gets an error in place of an answer that is too large', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('return { code: await host.call("a", "b", {}).catch((error) => error.code) };');
    const host = async () => ({ ok: 'x'.repeat(17 << 20) });
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { code: 'LIMIT_EXCEEDED' },
    });
  });

  it('takes and gives bytes as the host makes them', async () => {
    const supervisor = await startSupervisor();
    const bytes = Buffer.from([0, 1, 250, 255, 128]);
    const plugin = script('return { bytes: [...await host.random.bytes(5)] };');
    const host = async () => ({ ok: bytes.toString('base64') });
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { bytes: [...bytes] },
    });
  });

  it.each([
    ['a syntax error', 'return {', 'PLUGIN_INVALID'],
    ['no default export', undefined, 'PLUGIN_INVALID'],
  ])('is refused for %s', async (_, body, code) => {
    const supervisor = await startSupervisor();
    const plugin = script(body ?? '');
    const code_ = plugin.code.runtime === 'isolate' ? plugin.code : undefined;
    const broken =
      body === undefined && code_
        ? { ...plugin, code: { ...code_, modules: { 'index.ts': 'export const x = 1;' } } }
        : plugin;
    expect(await supervisor.invoke(requestOf(broken))).toMatchObject({ kind: 'failed', error: { code } });
  });

  it('is refused where the machine cannot confine it as the policy requires', async () => {
    const supervisor = await startSupervisor({ highest_level: 1 });
    const outcome = await supervisor.invoke(requestOf(script(''), { required_level: 2 }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'CONFINEMENT_UNAVAILABLE' } });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('level 2 is switched off');
  });

  it('is refused where it asks for more memory than any host has', async () => {
    const supervisor = await startSupervisor();
    const outcome = await supervisor.invoke(requestOf(script(''), { limits: { memory_bytes: 2 ** 30 } }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'PLUGIN_INVALID' } });
  });

  it('may use the memory that it was given', async () => {
    const supervisor = await startSupervisor();
    const plugin = script(
      'const a = []; for (let i = 0; i < 100; i++) a.push(new Uint8Array(1 << 20).fill(1)); return { n: a.length };',
    );
    const much = { memory_bytes: 256 << 20 };
    expect(await supervisor.invoke(requestOf(plugin, { limits: much }))).toEqual({
      kind: 'returned',
      outputs: { n: 100 },
    });
    expect(await supervisor.invoke(requestOf(plugin, { limits: { memory_bytes: 32 << 20 } }))).toMatchObject({
      kind: 'failed',
    });
  });
});
