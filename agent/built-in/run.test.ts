import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { createTestAgent, repository, type TestAgent, type TestStep } from '../executor/testing/agent.ts';

const supervisor = sharedSupervisor();
let agent: TestAgent;
const secrets = { TOKEN: 'correct-horse-battery' };
beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets });
});
afterAll(() => agent[Symbol.asyncDispose]());

const run = (script: string, more: Partial<TestStep> & { readonly inputs?: TestStep['with'] } = {}) => {
  const { inputs, ...step } = more;
  return agent.run({ uses: 'run@v1', ...step, with: { script, ...inputs } });
};

describe('run@v1', () => {
  it('runs a script in the workspace and gives its exit code and its outputs', async () => {
    const { result, log } = await run(
      `pwd; echo to-stderr >&2
       echo "one=1" >> "$WATERFLOW_OUTPUT"
       printf 'text<<END\\nline 1\\nline 2\\nEND\\n' >> "$GITHUB_OUTPUT"`,
    );
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: 0, one: '1', text: 'line 1\nline 2' } });
    expect(log).toMatchObject({ stdout: `${agent.claim.workspace}\n`, stderr: 'to-stderr\n' });
  });

  it("fails with the script's exit code, and keeps the outputs that were set", async () => {
    const { result } = await run('echo one=1 >> "$WATERFLOW_OUTPUT"; exit 7');
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      outputs: { exit_code: 7, one: '1' },
      error: { code: 'STEP_FAILED', message: expect.stringContaining('exit code 7') },
    });
  });

  it.each([
    ['bash', 'false; echo after'],
    ['bash', 'false | true; echo after'],
    ['sh', 'false; echo after'],
  ])('stops %s at the first command that fails: %s', async (shell, script) => {
    const { result, log } = await run(script, { inputs: { shell } });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('exit code 1') } });
    expect(log.stdout).toBe('');
  });

  it('runs with the shell that is asked for, and with no other', async () => {
    expect((await run('echo "${BASH_VERSION:-none}"', { inputs: { shell: 'bash' } })).log.stdout).not.toBe('none\n');
    for (const shell of ['', '*', '../bash', '-c', 'ba sh', 'a/b']) {
      expect((await run('exit 0', { inputs: { shell } })).result).toMatchObject({ error: { code: 'INVALID_INPUT' } });
    }
  });

  it("gives the script the step's environment and what every step finds", async () => {
    const { log } = await run(
      'echo "$GREETING $CI $WATERFLOW_JOB"; test "$WATERFLOW_WORKSPACE" = "$PWD"; test -d "$RUNNER_TEMP"',
      {
        env: [{ GREETING: 'hello "world" $(id)' }],
      },
    );
    expect(log.stdout).toBe('hello "world" $(id) true job\n');
  });

  it("gives it variables by which programs find and load things, too: it is the author's own script", async () => {
    const env = [{ PATH: '/opt/mine:/usr/bin:/bin', NODE_OPTIONS: '--no-warnings', GIT_AUTHOR_NAME: 'Ada' }];
    const { result, log } = await run('echo "$PATH $NODE_OPTIONS $GIT_AUTHOR_NAME"', { env });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(log.stdout).toBe('/opt/mine:/usr/bin:/bin --no-warnings Ada\n');
  });

  it("keeps the agent's own environment from the script", async () => {
    process.env['AGENT_SECRET_FOR_TEST'] = 'leaked';
    const { log } = await run('env');
    delete process.env['AGENT_SECRET_FOR_TEST'];
    expect(log.stdout).not.toContain('leaked');
  });

  it('lets a script read a secret from its environment, and keeps it out of the log and the outputs', async () => {
    const { result, log } = await run(
      `test \${#TOKEN} -eq 21; echo "token $TOKEN"; printf %s "$TOKEN" | base64; echo "it=$TOKEN" >> "$WATERFLOW_OUTPUT"`,
      { env: [{ TOKEN: '${{ secrets.TOKEN }}' }] },
    );
    expect(result).toMatchObject({ outcome: 'success', outputs: { it: expect.not.stringContaining('horse') } });
    expect(log.stdout).toContain('token ***');
    expect(log.stdout).not.toContain(Buffer.from(secrets.TOKEN).toString('base64').slice(0, 12));
  });

  it('never puts the script on a command line', async () => {
    const { log } = await run(`tr '\\0' ' ' < /proc/$$/cmdline; : marker-of-the-script`);
    expect(log.stdout).not.toContain('marker-of-the-script');
    expect(log.stdout).toMatch(/bash --noprofile --norc -eo pipefail \/\S+ $/);
  });

  it('runs in another folder of the workspace, and in none outside of it', async () => {
    await run('mkdir -p a/b && ln -s / outside');
    expect((await run('pwd', { inputs: { 'working-directory': 'a/b' } })).log.stdout).toBe(
      `${agent.claim.workspace}/a/b\n`,
    );
    for (const folder of ['..', '/', 'outside', 'missing']) {
      const { result, log } = await run('pwd', { inputs: { 'working-directory': folder } });
      expect(result).toMatchObject({ outcome: 'failure' });
      expect(log.stdout).toBe('');
    }
  });

  it('says in which line an output is malformed', async () => {
    const { result } = await run('printf "a=1\\nnonsense\\n" > "$WATERFLOW_OUTPUT"');
    expect(result).toMatchObject({
      outcome: 'failure',
      error: { message: expect.stringContaining('WATERFLOW_OUTPUT line 2') },
    });
  });

  it('takes nothing that a program prints for a command', async () => {
    const lines = ['::set-output name=one::1', '::add-matcher::x.json', '::error file=a.ts,line=1::x', '##[group]x'];
    const { result, log } = await run(`cat <<'END'\n${lines.join('\n')}\nEND`);
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: 0 } });
    expect(result).not.toHaveProperty('outputs.one');
    expect(log.stdout.trimEnd().split('\n')).toEqual(lines);
  });

  it('says so where an output is larger than it may be', async () => {
    const { result } = await run('head -c 2000000 /dev/zero | tr "\\0" x > "$WATERFLOW_OUTPUT"');
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('output') } });
  });

  it('without its permissions can do nothing: its code has no other way', async () => {
    const read = (file: string): string => readFileSync(join(repository, 'plugins/run', file), 'utf8');
    const sources = ['index.ts', 'command-file.ts', 'exit-codes.ts', 'interpreter.ts'];
    const manifest = read('plugin.yaml')
      .replace(/^permissions:\n(?: .*\n)+/m, '')
      .replace('name: run', 'name: bare');
    agent.plugin('bare', {
      'plugin.yaml': manifest,
      ...Object.fromEntries(sources.map((file) => [file, read(file)])),
    });
    const { result, calls } = await agent.run({ uses: './plugins/bare', with: { script: 'touch bare-ran' } });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(calls).toEqual([]);
    expect(existsSync(join(agent.claim.workspace, 'bare-ran'))).toBe(false);
  });

  it("gives 128 and the signal's number where one ended the script", async () => {
    const { result } = await run('kill -9 $$');
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('exit code 137') } });
  });

  it('ends with the step, and all that it started too', async () => {
    const stop = new AbortController();
    const pidFile = join(agent.claim.workspace, 'pid');
    const running = run(
      '(trap "" INT TERM; exec setsid sleep 1000) & echo $! > pid.new && mv pid.new pid; trap "echo cleaned > cleaned; exit 0" INT TERM; wait',
      {
        signal: stop.signal,
      },
    );
    while (!existsSync(pidFile)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    stop.abort('cancelled');
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(readFileSync(join(agent.claim.workspace, 'cleaned'), 'utf8')).toBe('cleaned\n');
    expect(commandLines()).not.toContain('sleep 1000');
  });

  it('asks a script twice to end, then kills it, where it would not', async () => {
    const stop = new AbortController();
    // Bash leaves a loop whose own sleep was interrupted; one in the background isn't.
    const script = 'trap "echo INT" INT; trap "echo TERM" TERM; touch asked; while :; do sleep 1 & wait $! || :; done';
    const running = run(script, { signal: stop.signal });
    await expect.poll(() => existsSync(join(agent.claim.workspace, 'asked'))).toBe(true);
    stop.abort('cancelled');
    const { result, log } = await running;
    expect(result).toMatchObject({ outcome: 'cancelled' });
    expect(log.stdout).toBe('INT\nTERM\n');
  }, 90_000);

  it('has as long after each signal as the step says, and no longer than the agent gives', async () => {
    const script =
      'trap "echo INT >> got" INT; trap "echo TERM >> got" TERM; touch asked; while :; do sleep 1 & wait $! || :; done';
    // Without the step's own it would have three quarters of an hour.
    await using slow = await createTestAgent({ supervisor: supervisor(), cancelGraceMs: 3_600_000 });
    const stop = new AbortController();
    const graces = { 'interrupt-grace': '4s', 'terminate-grace': '3000ms' };
    const running = slow.run({ uses: 'run@v1', with: { script, ...graces }, signal: stop.signal });
    await expect.poll(() => existsSync(join(slow.claim.workspace, 'asked'))).toBe(true);
    stop.abort('cancelled');
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(readFileSync(join(slow.claim.workspace, 'got'), 'utf8')).toBe('INT\nTERM\n');
    for (const [input, grace, says] of [
      ['interrupt-grace', '2h', /no duration/],
      ['interrupt-grace', '120m', /7200000 ms together, and the agent gives 3600000 ms/],
      ['terminate-grace', 'soon', /terminate-grace: "soon" is no duration/],
    ] as const) {
      const { result } = await slow.run({ uses: 'run@v1', with: { script: 'touch ran', [input]: grace } });
      expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringMatching(says) } });
    }
    expect(existsSync(join(slow.claim.workspace, 'ran'))).toBe(false);
  }, 120_000);

  it('ends with all that it started where its time is over', async () => {
    const { result } = await run('sleep 4321 & sleep 4321', { timeout: { ms: 1500, own: true } });
    expect(result).toMatchObject({ outcome: 'failure', class: 'timeout', error: { code: 'TIMEOUT' } });
    expect(commandLines()).not.toContain('sleep 4321');
  }, 60_000);

  it('ends at once where the agent stops, whatever it would do about a signal', async () => {
    const stopping = await createTestAgent({ supervisor: supervisor() });
    const running = stopping.run({
      uses: 'run@v1',
      with: { script: 'trap "" INT TERM; touch begun; while :; do sleep 2000; done' },
    });
    while (!existsSync(join(stopping.claim.workspace, 'begun'))) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Longer than this test may take, if the script were asked and waited for.
    await stopping[Symbol.asyncDispose]();
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(commandLines()).not.toContain('sleep 2000');
  }, 5000);
});

/** Of every process of this machine. */
function commandLines(): string {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
}
