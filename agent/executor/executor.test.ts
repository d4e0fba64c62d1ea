import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { createTestAgent, testRun } from './testing/agent.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const supervisor = sharedSupervisor();
const agentWith = pluginAgents(supervisor);
const uses = './plugins/p';

describe('the end of a step', () => {
  it("is a timeout where its own, its manifest's or the job's time is over", async () => {
    await using agent = await agentWith('for (;;);', { manifest: { limits: { timeout: '300ms' } } });
    const timeout = { outcome: 'failure', class: 'timeout', error: { code: 'TIMEOUT' } };
    expect((await agent.run({ uses })).result).toMatchObject(timeout);
    expect((await agent.run({ uses, timeout: { ms: 200, own: true } })).result).toMatchObject(timeout);
    expect((await agent.run({ uses, timeout: { ms: 100, own: false } })).result).toMatchObject(timeout);
  });

  it('is a cancellation where somebody cancels, also before it begins', async () => {
    await using agent = await agentWith("host.log('begun'); await host.sleep(60_000); return {}");
    const stop = new AbortController();
    stop.abort('cancelled');
    expect((await agent.run({ uses, signal: stop.signal })).result).toMatchObject({
      outcome: 'cancelled',
      error: { code: 'CANCELLED' },
    });
  });

  it('is a cancellation or a timeout by what the engine says, while a host call waits', async () => {
    await using agent = await agentWith("await host.fs.write('begun', ''); await host.sleep(60_000); return {}", {
      manifest: { permissions: { fs: [{ write: 'begun', reason: 'tests' }] } },
    });
    for (const [reason, expected] of [
      ['cancelled', { outcome: 'cancelled', error: { code: 'CANCELLED' } }],
      ['timeout', { outcome: 'failure', class: 'timeout', error: { code: 'TIMEOUT' } }],
    ] as const) {
      const stop = new AbortController();
      const seen = agent.results.length;
      const run = agent.run({ uses, signal: stop.signal });
      await untilTrue(() => agent.results.length > seen);
      stop.abort(reason);
      expect((await run).result).toMatchObject(expected);
    }
  });

  it('is at once where the agent stops, whatever the plugin does', async () => {
    const agent = await agentWith("await host.fs.write('begun', ''); for (;;);", {
      manifest: { permissions: { fs: [{ write: 'begun', reason: 'tests' }] } },
    });
    const run = agent.run({ uses });
    await untilTrue(() => agent.results.length > 0);
    await agent[Symbol.asyncDispose]();
    expect((await run).result).toMatchObject({ outcome: 'cancelled' });
  }, 5000);

  it('leaves no file behind but those of the workspace', async () => {
    await using agent = await agentWith('return {}');
    await agent.run({ uses });
    writeFileSync(join(agent.claim.workspace, 'kept'), '');
    expect(existsSync(agent.claim.runner.temp)).toBe(true);
    await agent.executor.release(agent.claim);
    await agent.executor.release(agent.claim);
    expect(existsSync(agent.claim.workspace)).toBe(false);
    expect(existsSync(agent.claim.runner.temp)).toBe(false);
    expect((await agent.run({ uses })).result).toMatchObject({ error: { code: 'WORKSPACE_GONE' } });
  });
});

describe('claims', () => {
  it('wait for a slot, and for no longer than the agent runs', async () => {
    const agent = await createTestAgent({ supervisor: supervisor() });
    const claim = () => agent.executor.claim({ run: testRun, job: 'other', job_attempt: 1 });
    const second = await claim();
    const third = claim();
    const fourth = claim();
    await agent.executor.release(second);
    expect((await third).workspace).not.toBe(agent.claim.workspace);
    const [refused] = await Promise.allSettled([fourth, agent[Symbol.asyncDispose]()]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { error: { code: 'CANCELLED' } } });
  });

  it('are kept without a slot, and taken up again with the files of the workspace', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { claim, executor } = agent;
    writeFileSync(join(claim.workspace, 'kept'), '');
    writeFileSync(join(claim.runner.temp, 'left'), '');
    await executor.keep(claim);
    await executor.keep(claim);
    const others = [];
    for (const job of ['one', 'other']) others.push(await executor.claim({ run: testRun, job, job_attempt: 1 }));
    expect(others.map(({ workspace }) => workspace)).not.toContain(claim.workspace);
    for (const other of others) await executor.release(other);
    const again = await executor.claim({ run: testRun, job: 'job', job_attempt: 2, keep: claim.workspace });
    expect(readdirSync(again.workspace)).toEqual(['kept']);
    expect(readdirSync(again.runner.temp)).toEqual([]);
  });

  it('that were kept, or that an earlier process made, are released with their folders', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const { claim, executor } = agent;
    await executor.keep(claim);
    await executor.release(claim);
    expect(existsSync(claim.workspace)).toBe(false);
    const elsewhere = { ...claim, workspace: join(claim.workspace, '..', '..') as AbsolutePath };
    await executor.release(elsewhere);
    expect(existsSync(elsewhere.workspace)).toBe(true);
  });

  it('are released whatever a plugin has made in them', async () => {
    await using agent = await agentWith(
      `await host.fs.mkdir(Array(20).fill('d'.repeat(203)).join('/'));
       return {}`,
      { manifest: { permissions: { fs: [{ write: '**', reason: 'tests' }] } } },
    );
    expect((await agent.run({ uses: './plugins/p' })).result.outcome).toBe('success');
    await agent.executor.release(agent.claim);
    expect(existsSync(agent.claim.workspace)).toBe(false);
  });

  it('are of this host alone', async () => {
    await using agent = await createTestAgent({ supervisor: supervisor() });
    const [host = ''] = await agent.executor.hosts('web');
    const request = { run: testRun, job: 'deploy', job_attempt: 1 };
    expect((await agent.executor.claim({ ...request, host })).runner.name).toBe(host);
    await expect(agent.executor.claim({ ...request, host: 'web-2' })).rejects.toMatchObject({
      error: { code: 'QUEUE_TIMEOUT', message: expect.stringContaining('web-2') },
    });
  });
});

describe('evaluating for the engine', () => {
  it('hashes the files of the workspace', async () => {
    await using agent = await agentWith('return {}');
    writeFileSync(join(agent.claim.workspace, 'lock'), 'content');
    const task = { version: 1, run: testRun, job: 'job' as never, id: '1' } as const;
    const status = { success: false, failure: true, cancelled: false };
    const evaluate = (source: string) =>
      agent.executor.evaluate(
        {
          ...task,
          status,
          template: { kind: 'expression', expression: { source, at: { file: 'w', line: 1, column: 1 } } },
          context: { vars: { name: 'lock' } },
        },
        agent.claim,
      );
    expect(await evaluate("hashFiles('lock') != ''")).toEqual({ ok: true, read: [] });
    expect(await evaluate("hashFiles('nothing')")).toEqual({ ok: '', read: [] });
    expect(await evaluate("always() && hashFiles('lock') != ''")).toMatchObject({ ok: true });
    expect(await evaluate("success() && hashFiles('lock') != ''")).toMatchObject({ ok: false });
    expect(await evaluate("failure() && hashFiles(vars.name) == ''")).toEqual({
      ok: false,
      read: [{ path: 'vars.name', value: 'lock' }],
    });
    expect(await evaluate("hashFiles('[')")).toMatchObject({ error: { code: 'EVALUATION_FAILED' } });
  });
});

/** Awaits what other code does, turn by turn of the event loop. */
async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
