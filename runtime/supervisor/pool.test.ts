import { describe, expect, it } from 'vitest';
import { gatedHost } from '../testing/gated-host.ts';
import { requestOf, script, wasm } from '../testing/invocation.ts';
import { startSupervisor } from '../testing/supervisors.ts';
import { outputModule } from '../testing/wasm-modules.ts';
import type { Supervisor } from './api.ts';
import { createSupervisor } from './create-supervisor.ts';
import { systemPowers } from './powers.ts';

describe('the pool', () => {
  const who = script('return {};', { origin: 'installed' });
  const pids = (supervisor: Supervisor) =>
    supervisor
      .hosts()
      .filter(({ calls }) => calls > 0)
      .map(({ pid }) => pid);

  it('uses a host again for the same tenant and plugin', async () => {
    const supervisor = await startSupervisor();
    for (let call = 0; call < 3; call += 1) await supervisor.invoke(requestOf(who));
    expect(pids(supervisor)).toHaveLength(1);
  });

  it('never hands a host to another tenant, plugin or memory class, nor a third-party one to another run', async () => {
    const supervisor = await startSupervisor();
    await supervisor.invoke(requestOf(who));
    await supervisor.invoke(requestOf(who, { owner: { tenant: 'other' } }));
    await supervisor.invoke(requestOf(who, { owner: { run: 'run-2' } }));
    await supervisor.invoke(requestOf(script('return { other: 1 };', { origin: 'installed' })));
    await supervisor.invoke(requestOf(who, { limits: { memory_bytes: 100 << 20 } }));
    expect(supervisor.hosts().filter(({ calls }) => calls === 1)).toHaveLength(5);
  });

  it("shares a built-in plugin's host between the runs of a tenant", async () => {
    const supervisor = await startSupervisor();
    const builtIn = script('return {};');
    await supervisor.invoke(requestOf(builtIn, { owner: { run: 'run-1' } }));
    await supervisor.invoke(requestOf(builtIn, { owner: { run: 'run-2' } }));
    expect(pids(supervisor)).toHaveLength(1);
  });

  it('keeps to its ceiling and serves everybody, tenants in turns', async () => {
    const supervisor = await startSupervisor({ pool: { ceiling: 1, spares: { isolate: 0, wasm: 0 } } });
    const order: string[] = [];
    const invoke = async (tenant: string) => {
      const outcome = await supervisor.invoke(requestOf(who, { owner: { tenant } }));
      order.push(tenant);
      return { kind: outcome.kind, hosts: Math.max(1, supervisor.hosts().length) };
    };
    const ends = await Promise.all([invoke('a'), invoke('a'), invoke('a'), invoke('a'), invoke('b')]);
    expect(ends).toEqual(ends.map(() => ({ kind: 'returned', hosts: 1 })));
    expect(order.indexOf('b')).toBeLessThan(3);
  });

  it('lets short invocations of one plugin share hosts instead of starting one for each', async () => {
    // Seen by this clock, an invocation takes no time.
    const powers = { ...systemPowers, now: () => 0 };
    const supervisor = await startSupervisor({ powers, pool: { spares: { isolate: 0, wasm: 0 } } });
    await supervisor.invoke(requestOf(script('return { first: true };')));
    await supervisor.invoke(requestOf(who));
    const ends = await Promise.all(Array.from({ length: 30 }, () => supervisor.invoke(requestOf(who))));
    expect(ends.map(({ kind }) => kind)).toEqual(ends.map(() => 'returned'));
    expect(pids(supervisor)).toHaveLength(2);
  });

  it('starts another host where those of the plugin are at work for longer', async () => {
    const supervisor = await startSupervisor();
    const plugin = script('await host.call("gate", "x", {});', { origin: 'installed' });
    const gates = [gatedHost(), gatedHost(), gatedHost()];
    const all = gates.map(({ host }) => supervisor.invoke(requestOf(plugin, { host })));
    // None can end before all have begun.
    await Promise.all(gates.map(({ arrived }) => arrived));
    for (const { open } of gates) open();
    expect(await Promise.all(all)).toEqual(all.map(() => ({ kind: 'returned', outputs: {} })));
  });

  it('looks after all who wait by one timer, however many they are', async () => {
    let timers = 0;
    const every: typeof systemPowers.every = (ms, action) => {
      timers += 1;
      return systemPowers.every(ms, action);
    };
    const supervisor = await startSupervisor({ powers: { ...systemPowers, every }, pool: { ceiling: 1 } });
    const gate = gatedHost();
    const first = supervisor.invoke(requestOf(script('await host.call("gate", "x", {});'), { host: gate.host }));
    await gate.arrived;
    const before = timers;
    const waiting = Array.from({ length: 20 }, () => supervisor.invoke(requestOf(who)));
    expect(timers - before).toBe(1);
    gate.open();
    for (const { kind } of await Promise.all([first, ...waiting])) expect(kind).toBe('returned');
  });

  it('lets someone who waits for a host give up', async () => {
    const supervisor = await startSupervisor({ pool: { ceiling: 1 } });
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
    const supervisor = await startSupervisor({ pool: { recycle_after_calls: 2 } });
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
    // The kernel takes a moment to clear away what was killed.
    for (const pid of live) await expect.poll(() => isThere(pid)).toBe(false);
    expect(await supervisor.invoke(requestOf(who))).toMatchObject({ kind: 'failed' });
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
