import { describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { testRun } from './testing/agent.ts';
import { pluginAgents } from './testing/plugin-agent.ts';

const supervisor = sharedSupervisor();
const agentWith = pluginAgents(supervisor);
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

  it('fails soon with a message of megabytes on one line, and with the beginning of it', async () => {
    for (const thrown of [
      "new Error('x'.repeat(5_000_000))",
      "Object.assign(new Error('x'), { name: 'n:1:'.repeat(1_000_000), stack: '1:'.repeat(2_500_000) })",
      "'x'.repeat(5_000_000)",
    ]) {
      await using agent = await agentWith(`throw ${thrown}`, { manifest: { limits: { timeout: '5s' } } });
      const { result } = await agent.run({ uses });
      expect(result).toMatchObject({ outcome: 'failure', error: { code: 'STEP_FAILED' } });
    }
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
    expect(missing.result).toMatchObject({
      outcome: 'failure',
      error: { code: 'PLUGIN_NOT_FOUND', line: 7, column: 9 },
    });
    expect(missing.result).not.toHaveProperty('class');
    const unknown = await agent.run({ uses: 'nothing@v1' });
    expect(unknown.result).toMatchObject({ error: { code: 'PLUGIN_NOT_FOUND', file: 'workflow.yml', line: 7 } });
    const other = await agent.run({ uses, digest: `sha256:${'0'.repeat(64)}` });
    expect(other.result).toMatchObject({ error: { code: 'PLUGIN_MISSING' } });
  });

  it("is refused where the plugin is broken, with the place in the plugin's own file", async () => {
    await using agent = await agentWith('return {}', { manifest: { main: 'elsewhere.ts' } });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({ error: { code: 'PLUGIN_INVALID', file: 'plugin.yaml' } });
    expect(result).not.toHaveProperty('error.line');
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

  it('of a called workflow are those that it was given, under its names for them', async () => {
    await using agent = await agentWith('return {}', { manifest: inputs, secrets });
    const named = { secrets: { INSIDE: 'TOKEN', NEVER: 'GIVEN' } };
    const read = async (name: string) =>
      (await agent.run({ uses, with: { value: `\${{ secrets.${name} }}` }, ...named })).result;
    expect(await read('INSIDE')).toMatchObject({ outcome: 'success' });
    for (const name of ['TOKEN', 'OTHER', 'NEVER']) {
      expect(await read(name)).toMatchObject({ outcome: 'failure', error: { code: 'SECRET_MISSING' } });
    }
  });

  it('that are too short are refused', async () => {
    await using agent = await agentWith('return {}', { secrets: { SHORT: 'abc' } });
    const { result } = await agent.run({ uses });
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { code: 'INVALID_INPUT', message: expect.stringContaining('SHORT') },
    });
  });

  it('are told to no plugin that guesses them', async () => {
    const body = `const told = [];
       const say = (error: any) => { told.push(error.message, error.remedy, error.rule); };
       await host.fs.read('a/' + inputs.guess).catch(say);
       await host.fs.read('b/' + inputs.guess).catch(say);
       await host.call(inputs.guess, inputs.guess, {}).catch(say);
       await host.call('fs', 'read', { [inputs.guess]: 1 }).catch(say);
       await host.call('exec', 'run', { command: inputs.guess }).catch(say);
       await host.call('net', 'request', { url: 'http://' + inputs.guess + '.invalid/' }).catch(say);
       host.log(JSON.stringify(told));
       return { masked: JSON.stringify(told).includes('***'), seen: inputs.guess.length }`;
    const manifest = {
      inputs: { guess: {} },
      permissions: { fs: [{ read: 'a/**', reason: 'tests' }], net: [{ url: 'http://*.invalid/**', reason: 'tests' }] },
    };
    await using agent = await agentWith(body, { manifest, secrets: { PIN: '483920' } });
    for (const guess of ['483920', '483921']) {
      // Neither is an input changed on its way in.
      const { result, log } = await agent.run({ uses, with: { guess } });
      expect(result).toMatchObject({ outcome: 'success', outputs: { masked: false, seen: 6 } });
      expect(log.log).not.toContain('483920');
    }
    expect(JSON.stringify([agent.recorded, agent.results])).not.toContain('483920');
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
    expect(shown.result).toMatchObject({
      outcome: 'failure',
      outputs: {},
      error: { code: 'INVALID_OUTPUT', message: 'the outputs hold the value of the secret `TOKEN`' },
    });
    expect(shown.log.log).toBe('the secret is ***\n***\n');
    expect(failed.result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('failed with ***') },
    });
    expect(JSON.stringify([shown, failed, agent.recorded, agent.results])).not.toContain(secrets.TOKEN);
  });
});
