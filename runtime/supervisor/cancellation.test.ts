import { describe, expect, it } from 'vitest';
import type { HostCall } from '../host-call.ts';
import { gatedHost } from '../testing/gated-host.ts';
import { requestOf, script } from '../testing/invocation.ts';
import { startSupervisor } from '../testing/supervisors.ts';

describe('cancellation', () => {
  it('rejects open calls, aborts their work, and lets the plugin leave things in order', async () => {
    const supervisor = await startSupervisor();
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
    const supervisor = await startSupervisor();
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
    const supervisor = await startSupervisor();
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
    const supervisor = await startSupervisor();
    expect(await supervisor.invoke(requestOf(script('for (;;);'), { signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'cancelled',
    });
  });

  it('aborts the work of calls that nobody awaited when the invocation ends', async () => {
    const supervisor = await startSupervisor();
    const aborted = Promise.withResolvers<void>();
    const host = async (call: HostCall, signal: AbortSignal, underway?: () => void) => {
      if (call.capability !== 'slow') return { ok: null };
      underway?.();
      signal.addEventListener('abort', () => aborted.resolve());
      return new Promise<never>(() => {});
    };
    const plugin = script('host.call("slow", "x", {}); await host.call("fast", "x", {});');
    expect(await supervisor.invoke(requestOf(plugin, { host }))).toEqual({ kind: 'returned', outputs: {} });
    await aborted.promise;
  });
});
