import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const agentWith = pluginAgents(sharedSupervisor());
const uses = './plugins/p';
const manifest = { permissions: { fs: [{ write: 'out/**', reason: 'tests' }] } };
/** More than are carried out at the same time, and fewer than a guest may have open. */
const timers = 100;

describe('calls that a plugin leaves open when it is done', () => {
  it('fail the step where they are denied and nobody handles that, and are recorded as ever', async () => {
    await using agent = await agentWith("host.fs.write('elsewhere', 'x'); return {}", { manifest });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'DENIED', remedy: expect.stringMatching(/ The plugin made the call at index\.ts:\d+:\d+\.$/) },
      host_calls: { allowed: 0, denied: 1 },
    });
    expect(agent.recorded).toMatchObject([{ decision: 'denied', call: { capability: 'fs', operation: 'write' } }]);
  });

  it('fail nothing where the denial is handled', async () => {
    await using agent = await agentWith("host.fs.write('elsewhere', 'x').catch(() => {}); return {}", { manifest });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', host_calls: { allowed: 0, denied: 1 } });
    expect(agent.recorded).toMatchObject([{ decision: 'denied' }]);
  });

  it('are recorded where they are denied and the plugin throws at once', async () => {
    await using agent = await agentWith(
      "for (let i = 0; i < 5; i += 1) void host.fs.write('elsewhere', 'x'); throw new Error('over')",
      { manifest },
    );
    for (let round = 1; round <= 50; round += 1) {
      const { result } = await agent.run({ uses });
      expect(result).toMatchObject({ outcome: 'failure', host_calls: { allowed: 0, denied: 5 } });
      expect(agent.recorded).toHaveLength(5 * round);
    }
  });

  it('are recorded behind as many as are carried out or held at a time', async () => {
    await using agent = await agentWith(
      `for (let i = 0; i < ${timers}; i += 1) void host.sleep(3_600_000);
       for (let i = 0; i < ${timers}; i += 1) void host.fs.read('elsewhere', { max_bytes: 15_000_000 });
       throw new Error('over')`,
      { manifest },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'failure', host_calls: { allowed: timers, denied: timers } });
    expect(agent.recorded).toHaveLength(2 * timers);
  });

  it('are not waited for, neither those that are carried out nor those that wait for their turn', async () => {
    await using agent = await agentWith(
      `for (let i = 0; i < ${timers}; i += 1) setTimeout(() => {}, 3_600_000); return { returned: true }`,
      { manifest },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: { returned: true } });
    expect(agent.recorded).toHaveLength(timers);
    expect(agent.results.filter(({ result: came }) => came === 'ok')).toEqual([]);
  });
});
