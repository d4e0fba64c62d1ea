import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../runtime/audit/index.ts';
import type { Supervisor } from '../../runtime/supervisor/index.ts';
import { createTestAgent, createTestSupervisor, pluginFiles, type TestAgent, testRun } from './testing.ts';

let supervisor: Supervisor;
beforeAll(async () => {
  supervisor = await createTestSupervisor();
});
afterAll(async () => {
  await supervisor[Symbol.asyncDispose]();
});

/** An agent with one plugin, `./plugins/p`, that may do what it asks for. */
async function agentWith(
  body: string,
  options: {
    readonly manifest?: Parameters<typeof pluginFiles>[1];
    readonly secrets?: Record<string, string>;
    readonly approve?: readonly string[];
    readonly policy?: string;
  } = {},
): Promise<TestAgent> {
  const agent = await createTestAgent({ supervisor, approve: ['./plugins/p'], ...options });
  agent.plugin('p', pluginFiles(body, options.manifest));
  return agent;
}

const uses = './plugins/p';
const inputs = { inputs: { value: {} } };

describe('a step', () => {
  it('gets its inputs evaluated and gives its outputs', async () => {
    await using agent = await agentWith('return { doubled: inputs.value * 2, host: typeof host.fs }', {
      manifest: inputs,
    });
    const { result } = await agent.run({
      uses,
      with: { value: '${{ steps.one.outputs.n }}' },
      context: { steps: { one: { outputs: { n: 21 } } } },
    });
    expect(result).toMatchObject({
      outcome: 'success',
      outputs: { doubled: 42, host: 'undefined' },
      plugin: { name: 'test-plugin', version: '1.0.0' },
    });
  });

  it('sees the runner and the workspace of its claim', async () => {
    await using agent = await agentWith('return { value: inputs.value }', { manifest: inputs });
    const { result } = await agent.run({
      uses,
      with: { value: '${{ runner.name }} ${{ job.workspace }} ${{ runner.temp != job.workspace }}' },
    });
    expect(result).toMatchObject({ outputs: { value: `test-agent ${agent.claim.workspace} true` } });
  });

  it('knows which step it is', async () => {
    await using agent = await agentWith('return { ...host.step }');
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ outputs: { run: testRun, job: 'job', step: 'step', attempt: 1, workflow: 'test' } });
  });

  it('fails with the message that it throws', async () => {
    await using agent = await agentWith("throw new Error('out of luck')");
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      error: { code: 'STEP_FAILED', message: expect.stringContaining('out of luck') },
    });
  });

  it('that fails may give outputs and a remedy; outputs that are wrong or too large are left out', async () => {
    await using agent = await agentWith(
      `const failure = (outputs: unknown) => Object.assign(new Error('failed'), { outputs, remedy: 'Try again.' });
       const cycle: any = {}; cycle.self = cycle;
       const all: any = { good: { n: 1, extra: [2] }, wrong: { n: 'text' }, large: { text: 'x'.repeat(2 ** 20) }, cycle, list: [1], none: null };
       throw failure(all[inputs.value]);`,
      { manifest: { ...inputs, outputs: { n: { type: 'integer' } } } },
    );
    for (const value of ['good', 'wrong', 'large', 'cycle', 'list', 'none']) {
      const { result } = await agent.run({ uses, with: { value } });
      expect(result).toMatchObject({
        outcome: 'failure',
        error: { code: 'STEP_FAILED', message: 'failed', remedy: 'Try again.' },
      });
      expect(result.outputs).toEqual(value === 'good' ? { n: 1, extra: [2] } : {});
    }
  });

  it('is refused where the plugin is not there, or is another than was planned', async () => {
    await using agent = await agentWith('return {}');
    const missing = await agent.run({ uses: './plugins/nothing' });
    expect(missing.result).toMatchObject({ outcome: 'failure', error: { code: 'PLUGIN_INVALID', line: 7, column: 9 } });
    expect(missing.result).not.toHaveProperty('class');
    const unknown = await agent.run({ uses: 'nothing@v1' });
    expect(unknown.result).toMatchObject({ error: { code: 'PLUGIN_NOT_FOUND', file: 'workflow.yml', line: 7 } });
    const other = await agent.run({ uses, digest: `sha256:${'0'.repeat(64)}` });
    expect(other.result).toMatchObject({ error: { code: 'PLUGIN_MISSING' } });
  });

  it('is refused where an input is wrong, with its place in the file', async () => {
    await using agent = await agentWith('return {}', {
      manifest: { inputs: { n: { type: 'integer', required: true } } },
    });
    for (const given of [{}, { n: 'text' }, { n: 1, other: 2 }]) {
      const { result } = await agent.run({ uses, with: given });
      expect(result).toMatchObject({
        outcome: 'failure',
        error: { code: 'INVALID_INPUT', file: 'workflow.yml', line: 7, column: 9 },
      });
      expect(result).not.toHaveProperty('class');
    }
  });

  it('is refused where an expression fails, at the expression', async () => {
    await using agent = await agentWith('return {}', { manifest: inputs });
    const { result } = await agent.run({ uses, with: { value: "a ${{ fromJSON('no json') }}" } });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'EVALUATION_FAILED', line: 8 } });
  });

  it('fails where an output is not what the manifest says, too deep or too large', async () => {
    await using agent = await agentWith(
      `if (inputs.value === 'wrong') return { n: 'text' };
       if (inputs.value === 'deep') { let deep: any = 1; for (let i = 0; i < 200; i += 1) deep = [deep]; return { deep }; }
       return { text: 'x'.repeat(1024 * 1024 + 1) };`,
      { manifest: { ...inputs, outputs: { n: { type: 'integer' } } } },
    );
    const run = async (value: string) => (await agent.run({ uses, with: { value } })).result;
    expect(await run('wrong')).toMatchObject({ class: 'failure', error: { code: 'INVALID_OUTPUT' } });
    expect(await run('deep')).toMatchObject({ class: 'failure', error: { code: 'INVALID_OUTPUT' } });
    expect(await run('large')).toMatchObject({ class: 'limit', error: { code: 'OUTPUT_TOO_LARGE' } });
  });
});

describe('the environment of a step', () => {
  it('is put together from its layers, the inner over the outer, each seeing the outer ones', async () => {
    await using agent = await agentWith('return { value: inputs.value }', { manifest: inputs });
    const { result } = await agent.run({
      uses,
      env: [{ A: 'workflow', B: 'workflow', N: 1 }, { B: 'job over ${{ env.B }}' }, { C: 'step under ${{ env.B }}' }],
      with: { value: '${{ env.A }}, ${{ env.B }}, ${{ env.C }}, ${{ env.N }}' },
    });
    expect(result).toMatchObject({
      outputs: { value: 'workflow, job over workflow, step under job over workflow, 1' },
    });
  });

  it('is refused where a variable is no text', async () => {
    await using agent = await agentWith('return {}');
    for (const env of [{ LIST: [1] }, { 'no name': 'x' }]) {
      const { result } = await agent.run({ uses, env: [env] });
      expect(result).toMatchObject({ outcome: 'failure', error: { code: 'INVALID_INPUT', line: 7 } });
    }
  });
});

describe('host calls', () => {
  const fs = { permissions: { fs: [{ read: 'in/**', write: 'out/**', reason: 'tests' }] } };

  it('are carried out where they are granted, recorded before and after, counted and reported', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'content'); return {}", { manifest: fs });
    const { result, calls } = await agent.run({ uses });
    expect(result).toMatchObject({ outcome: 'success', host_calls: { allowed: 1, denied: 0 } });
    expect(readFileSync(join(agent.claim.workspace, 'out/x'), 'utf8')).toBe('content');
    expect(calls).toEqual([{ capability: 'fs', operation: 'write', decision: 'allowed', subject: 'write out/x' }]);
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
      { decision: 'denied', subject: 'write elsewhere', rule: expect.stringContaining('manifest') },
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
        permissions: [{ layer, permissions: { fs: [{ write: 'other/**' }] }, at }],
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

  it('are a chain that holds when the executor is done', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'); return {}", { manifest: fs });
    await agent.run({ uses });
    await agent.executor[Symbol.asyncDispose]();
    expect(await verifyAudit(agent.auditFile)).toMatchObject({ ok: true });
  });

  it('hold a long text in the record by its hash alone', async () => {
    await using agent = await agentWith("await host.fs.write('out/x', 'x'.repeat(10000)); return {}", { manifest: fs });
    await agent.run({ uses });
    expect(agent.recorded[0]?.call.args).toMatchObject({
      content: { bytes: 10_000, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
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

describe('secrets', () => {
  const secrets = { TOKEN: 'correct-horse-battery', OTHER: 'another value' };

  it('reach the plugin as placeholders', async () => {
    await using agent = await agentWith('return { length: inputs.value.length, same: inputs.value === inputs.value }', {
      manifest: inputs,
      secrets,
    });
    const { result } = await agent.run({ uses, with: { value: '${{ secrets.TOKEN }}' } });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(JSON.stringify(result)).not.toContain('correct-horse');
  });

  it('that the run was not given are an error at the step', async () => {
    await using agent = await agentWith('return {}', { manifest: inputs, secrets });
    const { result } = await agent.run({ uses, with: { value: '${{ secrets.MISSING }}' } });
    expect(result).toMatchObject({ outcome: 'failure', error: { code: 'SECRET_MISSING', line: 7 } });
    expect(result).not.toHaveProperty('class');
  });

  it('that are too short are refused', async () => {
    await using agent = await agentWith('return {}', { secrets: { SHORT: 'abc' } });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'INVALID_INPUT', message: expect.stringContaining('SHORT') },
    });
  });

  it('leave neither by outputs, nor by errors, nor by logs, nor by the record', async () => {
    await using agent = await agentWith(
      `host.log('the secret is ' + inputs.value); host.log(inputs.value);
       await host.call('fs', 'read', { path: inputs.value }).catch(() => {});
       if (inputs.fail) throw new Error('failed with ' + inputs.value);
       return { value: inputs.value, [inputs.value]: [inputs.value] }`,
      { manifest: { inputs: { value: {}, fail: {} } }, secrets },
    );
    // The value comes from the text of the workflow, as if somebody had written it there.
    const shown = await agent.run({ uses, with: { value: secrets.TOKEN } });
    const failed = await agent.run({ uses, with: { value: secrets.TOKEN, fail: true } });
    expect(shown.result).toMatchObject({ outcome: 'success', outputs: { value: '***', '***': ['***'] } });
    expect(shown.log.log).toBe('the secret is ***\n***\n');
    expect(failed.result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('failed with ***') },
    });
    expect(JSON.stringify([shown, failed, agent.recorded, agent.results])).not.toContain(secrets.TOKEN);
  });
});

describe('the end of a step', () => {
  it('is a timeout where its own, its manifest’s or the job’s time is over', async () => {
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

describe('evaluating for the engine', () => {
  it('hashes the files of the workspace', async () => {
    await using agent = await agentWith('return {}');
    writeFileSync(join(agent.claim.workspace, 'lock'), 'content');
    const task = { version: 1, run: testRun, job: 'job' as never, id: '1' } as const;
    const evaluate = (source: string) =>
      agent.executor.evaluate(
        {
          ...task,
          template: { kind: 'expression', expression: { source, at: { file: 'w', line: 1, column: 1 } } },
          context: {},
        },
        agent.claim,
      );
    expect(await evaluate("hashFiles('lock') != ''")).toEqual({ ok: true });
    expect(await evaluate("hashFiles('nothing')")).toEqual({ ok: '' });
    expect(await evaluate("hashFiles('[')")).toMatchObject({ error: { code: 'EVALUATION_FAILED' } });
  });
});

/** Awaits what other code does, turn by turn of the event loop. */
async function untilTrue(condition: () => boolean): Promise<void> {
  while (!condition()) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}
