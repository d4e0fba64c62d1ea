import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyAudit } from '../../runtime/audit/index.ts';
import { testLayer } from '../../runtime/grants/testing/grant.ts';
import { openCallsLimit } from '../../runtime/sandbox-host/wire.ts';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const supervisor = sharedSupervisor();
const agentWith = pluginAgents(supervisor);
const uses = './plugins/p';

describe('host calls', () => {
  const fs = { permissions: { fs: [{ read: 'in/**', write: 'out/**', reason: 'tests' }] } };

  it('are carried out where they are granted, recorded before and after, counted and reported', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'content'); return {}", { manifest: fs });
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', host_calls: { allowed: 1, denied: 0 } });
    expect(readFileSync(join(agent.claim.workspace, 'out/x'), 'utf8')).toBe('content');
    expect(calls).toEqual([{ capability: 'fs', operation: 'write', decision: 'allowed', subject: 'out/x' }]);
    expect(agent.recorded).toMatchObject([
      { decision: 'allowed', step: 'step', call: { capability: 'fs', operation: 'write', args: { path: 'out/x' } } },
    ]);
    expect(agent.recorded[0]?.rules).toHaveLength(2);
    expect(agent.results).toMatchObject([{ result: 'ok' }]);
  });

  it('are denied beyond the manifest; the plugin sees why, and goes on', async () => {
    await using agent = await agentWith(
      "try { await host.fs.write('elsewhere', 'x') } catch (error: any) { return { name: error.name, code: error.code, rule: error.rule, remedy: error.remedy } }",
      { manifest: fs },
    );
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { name: 'HostDenied', code: 'DENIED' },
      host_calls: { allowed: 0, denied: 1 },
    });
    expect(calls).toMatchObject([
      { decision: 'denied', subject: 'elsewhere', rule: expect.stringContaining('manifest') },
    ]);
    expect(agent.recorded).toMatchObject([{ decision: 'denied' }]);
    expect(agent.results).toEqual([]);
    expect(existsSync(join(agent.claim.workspace, 'elsewhere'))).toBe(false);
  });

  it('fail the step as denied where the plugin does not catch it', async () => {
    await using agent = await agentWith("await host.fs.write('elsewhere', 'x'); return {}", { manifest: fs });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied', error: { code: 'DENIED' } });
  });

  it('are denied where nobody approved the plugin', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'); return {}", { manifest: fs, approve: [] });
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
    expect(calls).toMatchObject([{ decision: 'denied', rule: expect.stringContaining('policy') }]);
  });

  it('are denied where the workflow, the job or the step narrows them', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'); return {}", { manifest: fs });
    for (const layer of ['workflow', 'job', 'step'] as const) {
      const at = { file: 'workflow.yml', line: 3, column: 1 };
      const { result, calls } = await agent.run({
        uses,
        permissions: [testLayer(layer, { fs: [{ write: 'other/**' }] }, at)],
      });
      expect(result).toMatchObject({ outcome: 'failure', class: 'denied' });
      expect(calls).toMatchObject([{ decision: 'denied', rule: expect.stringContaining(layer) }]);
    }
    expect(existsSync(join(agent.claim.workspace, 'out/x'))).toBe(false);
  });

  it('of names that do not exist are errors, and recorded', async () => {
    await using agent = await agentWith(
      `const names = [['root', 'become'], ['fs', 'chmod'], ['__proto__', 'toString'], ['constructor', 'constructor']];
       const codes = [];
       for (const [capability, operation] of names) await host.call(capability, operation, {}).catch((error: any) => codes.push(error.code));
       return { codes }`,
    );
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { codes: ['UNKNOWN_CAPABILITY', 'UNKNOWN_OPERATION', 'UNKNOWN_CAPABILITY', 'UNKNOWN_CAPABILITY'] },
      host_calls: { allowed: 0, denied: 4 },
    });
    expect(calls.map(({ decision }) => decision)).toEqual(['invalid', 'invalid', 'invalid', 'invalid']);
    expect(agent.recorded).toHaveLength(4);
  });

  it('with arguments that are no data are refused, and on record with these as they were written', async () => {
    await using agent = await agentWith(
      `let deep: any = 1;
       for (let level = 0; level < 200; level += 1) deep = [deep];
       const codes = [];
       for (const args of [JSON.parse('{"path":"x","__proto__":{"a":1}}'), { path: deep }]) {
         await host.call('fs', 'read', args).catch((error: any) => codes.push(error.code));
       }
       return { codes }`,
      { manifest: fs },
    );
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({
      outputs: { codes: ['INVALID_ARGUMENTS', 'INVALID_ARGUMENTS'] },
      host_calls: { allowed: 0, denied: 2 },
    });
    expect(calls.map(({ decision }) => decision)).toEqual(['invalid', 'invalid']);
    expect(agent.recorded).toMatchObject([
      {
        decision: 'invalid',
        call: { capability: 'fs', operation: 'read', args: '{"path":"x","__proto__":{"a":1}}' },
        reason: expect.stringContaining('__proto__'),
      },
      { decision: 'invalid', reason: expect.stringContaining('nested deeper than 100 levels') },
    ]);
  });

  it('of names of any length are events and entries of a bounded one', async () => {
    await using agent = await agentWith(
      `const name = 'x'.repeat(500_000);
       await host.call(name, name, {}).catch(() => {});
       await host.call('fs', name, {}).catch(() => {});
       return {}`,
    );
    const { calls } = await agent.run({ uses });
    const shortened = `${'x'.repeat(100)}…`;
    expect(calls).toMatchObject([
      { capability: shortened, operation: shortened, decision: 'invalid' },
      { capability: 'fs', operation: shortened, decision: 'invalid' },
    ]);
    expect(agent.recorded.map(({ call }) => call.operation)).toEqual([shortened, shortened]);
    expect(JSON.stringify([calls, agent.recorded]).length).toBeLessThan(10_000);
  });

  it('are a chain that holds when the executor is done', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'); return {}", { manifest: fs });
    await agent.run({ uses });
    await agent.executor[Symbol.asyncDispose]();
    expect(await verifyAudit(agent.auditFile)).toMatchObject({ ok: true });
  });

  it('that are wrong in very many places are refused for the first, and recorded by their hash', async () => {
    const code = 'return { code: await host.call("exec", "run", args).catch((error: any) => error.code) };';
    await using agent = await agentWith(`const args = { command: 'sh', args: Array(1_000_000).fill(1) }; ${code}`, {
      manifest: { limits: { memory: '256MiB' } },
    });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: { code: 'INVALID_ARGUMENTS' } });
    expect(agent.recorded).toMatchObject([{ call: { args: { command: 'sh', args: { bytes: 2_000_001 } } } }]);
  });

  it('of every capability count against the quota of fs where they write to the workspace', async () => {
    const permissions = {
      fs: [{ write: 'out/**', quota: '1KiB', reason: 'tests' }],
      exec: [{ command: 'sh', args: 'any', reason: 'tests' }],
    };
    await using agent = await agentWith(
      `const codes = [];
       const note = (error: any) => void codes.push(error.code);
       const write = (bytes: number, name: string) =>
         host.exec.run({ command: 'sh', args: ['-c', 'head -c ' + bytes + ' /dev/zero'], stdout: { file: 'out/' + name } }).catch(note);
       await write(600, 'first');
       await write(600, 'second');
       await host.fs.write('out/third', 'x'.repeat(600)).catch(note);
       return { codes }`,
      { manifest: { permissions } },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', outputs: { codes: ['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED'] } });
    expect(readdirSync(join(agent.claim.workspace, 'out'))).toEqual(['first']);
  });

  it('hold a long text in the record by its hash alone', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'.repeat(10000)); return {}", { manifest: fs });
    await agent.run({ uses });
    expect(agent.recorded[0]?.call.args).toMatchObject({
      content: { bytes: 10_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('that still wait when the step ends are not carried out any more', async () => {
    await using agent = await agentWith(
      `for (let i = 0; i < 200; i += 1) void host.sleep(3_600_000);
       void host.fs.write('out/late', 'x');
       await host.call('sleep', 'for', { ms: 1 }).catch(() => {});
       return {}`,
      { manifest: { ...fs, limits: { timeout: '1s' } } },
    );
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'TIMEOUT' } });
    // The guest waits with those behind them, inside its sandbox.
    expect(agent.recorded).toHaveLength(openCallsLimit);
    expect(agent.results.filter(({ result: came }) => came === 'ok')).toEqual([]);
    expect(existsSync(join(agent.claim.workspace, 'out/late'))).toBe(false);
  });

  it('say that the step is being cancelled, and let the plugin leave things in order', async () => {
    await using agent = await agentWith(
      `while (!(await host.signal.cancelled())) await host.sleep(3_600_000).catch(() => {});
       host.log('tidying up');
       await host.fs.write('out/tidy', 'x');
       return {}`,
      { manifest: fs },
    );
    const cancel = new AbortController();
    Object.defineProperty(agent.recorded, 'push', { value: () => cancel.abort() });
    const { result, log } = await agent.run({ uses, signal: cancel.signal });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(log.log).toBe('tidying up\n');
    expect(existsSync(join(agent.claim.workspace, 'out/tidy'))).toBe(true);
  });

  it('end the step where they cannot be recorded, and are not carried out', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'); return {}", { manifest: fs });
    Object.defineProperty(agent.recorded, 'push', {
      value: () => {
        throw new Error('no space left');
      },
    });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'INTERNAL', message: expect.stringContaining('no space left') },
    });
    expect(existsSync(join(agent.claim.workspace, 'out/x'))).toBe(false);
  });
});
