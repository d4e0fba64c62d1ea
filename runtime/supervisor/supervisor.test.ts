import { afterEach, describe, expect, it } from 'vitest';
import { requestOf, script, wasm, outputModule } from '../attacks/fixtures.ts';
import type { HostCall } from '../host-call.ts';
import type { Supervisor } from './api.ts';
import { createSupervisor, type SupervisorOptions } from './index.ts';

const open: Supervisor[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((supervisor) => supervisor[Symbol.asyncDispose]()));
});

async function start(options: SupervisorOptions = {}): Promise<Supervisor> {
  const supervisor = await createSupervisor(options);
  open.push(supervisor);
  return supervisor;
}

/** A host whose calls to `gate` are answered when the test says so. */
function gatedHost() {
  const arrived = Promise.withResolvers<HostCall>();
  const gate = Promise.withResolvers<void>();
  const host = async (call: HostCall, signal: AbortSignal) => {
    if (call.capability !== 'gate') return { ok: call.args };
    arrived.resolve(call);
    const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    await Promise.race([gate.promise, aborted]);
    return { ok: 'through the gate' };
  };
  return { host, arrived: arrived.promise, open: () => gate.resolve() };
}

describe('an invocation', () => {
  it('gives the inputs to the plugin and its result back', async () => {
    const supervisor = await start();
    const plugin = script('return { twice: inputs.n * 2, text: "ü€😀" };');
    const outcome = await supervisor.invoke(requestOf(plugin, { inputs: { n: 21 } }));
    expect(outcome).toEqual({ kind: 'returned', outputs: { twice: 42, text: 'ü€😀' } });
  });

  it('gives an empty result where the plugin returns nothing', async () => {
    const supervisor = await start();
    expect(await supervisor.invoke(requestOf(script('')))).toEqual({ kind: 'returned', outputs: {} });
  });

  it('has the helpers that the manifest requests, and no others', async () => {
    const supervisor = await start();
    const plugin = script('return { there: Object.keys(host) };', { requests: ['net', 'fs'] });
    expect(await supervisor.invoke(requestOf(plugin))).toEqual({
      kind: 'returned',
      outputs: { there: ['log', 'now', 'sleep', 'random', 'signal', 'call', 'net', 'fs', 'step'] },
    });
  });

  it('lets host calls overlap and answers them in any order', async () => {
    const supervisor = await start();
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
    const supervisor = await start();
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
    const supervisor = await start();
    const lines: unknown[] = [];
    const host = async ({ args }: HostCall) => (lines.push(args), { ok: null });
    const plugin = script('for (let i = 0; i < 300; i++) host.log(`line ${i}`); console.log("last", { a: 1 });');
    await supervisor.invoke(requestOf(plugin, { host }));
    expect(lines).toHaveLength(301);
    expect(lines.at(-1)).toEqual({ text: 'last {"a":1}' });
  });

  it('fails with the message of what the plugin throws, and says where', async () => {
    const supervisor = await start();
    const outcome = await supervisor.invoke(requestOf(script('null.x;')));
    expect(outcome).toMatchObject({
      kind: 'failed',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: "Cannot read properties of null (reading 'x')" },
    });
    expect(outcome.kind === 'failed' && outcome.error.remedy).toContain('index.ts:2:6');
  });

  it('rejects a denied call with the rule, and fails as denied where nobody catches that', async () => {
    const supervisor = await start();
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
      error: { code: 'DENIED', message: 'not this', remedy: 'ask for it', rule: 'policy rule 3' },
    });
  });

  it('survives a handler that breaks its promise', async () => {
    const supervisor = await start();
    const plugin = script('return { code: await host.call("a", "b", {}).catch((error) => error.code) };');
    const host = async () => Promise.reject(new Error('internal detail'));
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { code: 'FAILED' },
    });
  });

  it('gets an error in place of an answer that is too large', async () => {
    const supervisor = await start();
    const plugin = script('return { code: await host.call("a", "b", {}).catch((error) => error.code) };');
    const host = async () => ({ ok: 'x'.repeat(17 << 20) });
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({
      kind: 'returned',
      outputs: { code: 'LIMIT_EXCEEDED' },
    });
  });

  it('takes and gives bytes as the host makes them', async () => {
    const supervisor = await start();
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
    const supervisor = await start();
    const plugin = script(body ?? '');
    const code_ = plugin.code.runtime === 'isolate' ? plugin.code : undefined;
    const broken =
      body === undefined && code_
        ? { ...plugin, code: { ...code_, modules: { 'index.ts': 'export const x = 1;' } } }
        : plugin;
    expect(await supervisor.invoke(requestOf(broken))).toMatchObject({ kind: 'failed', error: { code } });
  });

  it('is refused where the machine cannot confine it as the policy requires', async () => {
    const supervisor = await start({ highest_level: 1 });
    const outcome = await supervisor.invoke(requestOf(script(''), { required_level: 2 }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'CONFINEMENT_UNAVAILABLE' } });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('level 2 is switched off');
  });

  it('is refused where it asks for more memory than any host has', async () => {
    const supervisor = await start();
    const outcome = await supervisor.invoke(requestOf(script(''), { limits: { memory_bytes: 2 ** 30 } }));
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'PLUGIN_INVALID' } });
  });

  it('may use the memory that it was given', async () => {
    const supervisor = await start();
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

describe('cancellation', () => {
  it('rejects open calls, aborts their work, and lets the plugin leave things in order', async () => {
    const supervisor = await start();
    const cancel = new AbortController();
    const { host, arrived } = gatedHost();
    const plugin = script(`
      const how = await host.call('gate', 'x', {}).catch((error) => error.code);
      const after = await host.call('other', 'x', { tidy: true });
      return { how, after };`);
    const running = supervisor.invoke(requestOf(plugin, { host, signal: cancel.signal }));
    await arrived;
    cancel.abort();
    expect(await running).toEqual({ kind: 'returned', outputs: { how: 'CANCELLED', after: { tidy: true } } });
  });

  it('ends as cancelled where the plugin does not catch that', async () => {
    const supervisor = await start();
    const cancel = new AbortController();
    const { host, arrived } = gatedHost();
    const running = supervisor.invoke(
      requestOf(script('await host.call("gate", "x", {});'), { host, signal: cancel.signal }),
    );
    await arrived;
    cancel.abort();
    expect(await running).toMatchObject({ kind: 'cancelled', error: { code: 'CANCELLED' } });
  });

  it('kills a plugin that does not stop within the grace', async () => {
    const supervisor = await start();
    const cancel = new AbortController();
    const { host, arrived } = gatedHost();
    const running = supervisor.invoke(
      requestOf(script('host.call("gate", "x", {}); for (;;) await host.call("other", "x", {});'), {
        host,
        signal: cancel.signal,
        limits: { cancel_grace_ms: 100, host_calls: 10_000_000 },
      }),
    );
    await arrived;
    cancel.abort();
    expect(await running).toMatchObject({ kind: 'cancelled' });
  });

  it('does not start what was cancelled before', async () => {
    const supervisor = await start();
    expect(await supervisor.invoke(requestOf(script('for (;;);'), { signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'cancelled',
    });
  });

  it('aborts the work of calls that nobody awaited when the invocation ends', async () => {
    const supervisor = await start();
    const aborted = Promise.withResolvers<void>();
    const host = async (call: HostCall, signal: AbortSignal) => {
      if (call.capability !== 'slow') return { ok: null };
      signal.addEventListener('abort', () => aborted.resolve());
      return new Promise<never>(() => {});
    };
    const plugin = script('host.call("slow", "x", {}); await host.call("fast", "x", {});');
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({ kind: 'returned', outputs: {} });
    await aborted.promise;
  });
});

describe('the pool', () => {
  const who = script('return {};', { origin: 'installed' });
  const pids = (supervisor: Supervisor) =>
    supervisor
      .hosts()
      .filter(({ calls }) => calls > 0)
      .map(({ pid }) => pid);

  it('uses a host again for the same tenant and plugin', async () => {
    const supervisor = await start();
    for (let call = 0; call < 3; call += 1) await supervisor.invoke(requestOf(who));
    expect(pids(supervisor)).toHaveLength(1);
  });

  it('never hands a host to another tenant, plugin or memory class, nor a third-party one to another run', async () => {
    const supervisor = await start();
    await supervisor.invoke(requestOf(who));
    await supervisor.invoke(requestOf(who, { owner: { tenant: 'other' } }));
    await supervisor.invoke(requestOf(who, { owner: { run: 'run-2' } }));
    await supervisor.invoke(requestOf(script('return { other: 1 };', { origin: 'installed' })));
    await supervisor.invoke(requestOf(who, { limits: { memory_bytes: 100 << 20 } }));
    expect(supervisor.hosts().filter(({ calls }) => calls === 1)).toHaveLength(5);
  });

  it('shares a built-in plugin’s host between the runs of a tenant', async () => {
    const supervisor = await start();
    const builtIn = script('return {};');
    await supervisor.invoke(requestOf(builtIn, { owner: { run: 'run-1' } }));
    await supervisor.invoke(requestOf(builtIn, { owner: { run: 'run-2' } }));
    expect(pids(supervisor)).toHaveLength(1);
  });

  it('keeps to its ceiling and serves everybody, tenants in turns', async () => {
    const supervisor = await start({ pool: { ceiling: 1, spares: { isolate: 0, wasm: 0 } } });
    const order: string[] = [];
    const invoke = (tenant: string) =>
      supervisor.invoke(requestOf(who, { owner: { tenant } })).then((outcome) => {
        order.push(tenant);
        expect(outcome.kind).toBe('returned');
        expect(supervisor.hosts().length).toBeLessThanOrEqual(1);
      });
    await Promise.all([invoke('a'), invoke('a'), invoke('a'), invoke('a'), invoke('b')]);
    expect(order.indexOf('b')).toBeLessThan(3);
  });

  it('lets someone who waits for a host give up', async () => {
    const supervisor = await start({ pool: { ceiling: 1 } });
    const { host, arrived, open: openGate } = gatedHost();
    const first = supervisor.invoke(requestOf(script('await host.call("gate", "x", {});'), { host }));
    await arrived;
    const cancel = new AbortController();
    const second = supervisor.invoke(requestOf(who, { signal: cancel.signal }));
    cancel.abort();
    expect(await second).toMatchObject({ kind: 'cancelled' });
    openGate();
    expect(await first).toEqual({ kind: 'returned', outputs: {} });
  });

  it('replaces a host after its number of calls', async () => {
    const supervisor = await start({ pool: { recycle_after_calls: 2 } });
    const seen = new Set<number>();
    for (let call = 0; call < 5; call += 1) {
      await supervisor.invoke(requestOf(who));
      for (const pid of pids(supervisor)) seen.add(pid);
    }
    expect(seen.size).toBe(3);
    expect(supervisor.hosts().every(({ calls }) => calls < 2)).toBe(true);
  });

  it('ends every host and removes its files when it is disposed', async () => {
    const supervisor = await createSupervisor();
    await supervisor.invoke(requestOf(who));
    await supervisor.invoke(requestOf(wasm(outputModule('{}'))));
    const live = supervisor.hosts().map(({ pid }) => pid);
    expect(live.length).toBeGreaterThan(1);
    await supervisor[Symbol.asyncDispose]();
    for (const pid of live) expect(() => process.kill(pid, 0)).toThrow();
    expect(await supervisor.invoke(requestOf(who))).toMatchObject({ kind: 'failed' });
  });
});
