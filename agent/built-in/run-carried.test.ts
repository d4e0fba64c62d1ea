import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { Carried, StepResult } from '../../schemas/index.ts';
import { createTestAgent, type TestAgent, type TestRun, type TestStep } from '../executor/testing/agent.ts';

const supervisor = sharedSupervisor();
let agent: TestAgent;
const secrets = { TOKEN: 'correct-horse-battery' };
beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets });
});
afterAll(() => agent[Symbol.asyncDispose]());

const run = (script: string, more: Partial<TestStep> = {}): Promise<TestRun> =>
  agent.run({ uses: 'run@v1', ...more, with: { script, ...more.with } });

const carriedBy = (result: StepResult): Carried | undefined =>
  result.outcome === 'cancelled' ? undefined : result.carried;

describe('what a script of run@v1 writes to WATERFLOW_ENV and WATERFLOW_PATH', () => {
  it('is what later steps get, and not this one', async () => {
    const { result, log } = await run(
      `echo "A=1" >> "$WATERFLOW_ENV"; echo "A=two words" >> "$GITHUB_ENV"
       printf 'TEXT<<END\\nline 1\\n=2\\nEND\\n' >> "$GITHUB_ENV"
       echo /opt/one >> "$WATERFLOW_PATH"; echo node_modules/.bin >> "$GITHUB_PATH"
       echo "[\${A-unset}]"; echo done >> "$GITHUB_STEP_SUMMARY"`,
    );
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: 0 } });
    expect(carriedBy(result)).toEqual({
      variables: { A: 'two words', TEXT: 'line 1\n=2' },
      path: [join(agent.claim.workspace, 'node_modules/.bin'), '/opt/one'],
    });
    expect(log).toMatchObject({ stdout: '[unset]\n', log: 'done\n' });
  });

  it('is there in a later one: over what the job says, under what the step says, and in its expressions', async () => {
    const carried = { variables: { A: 'left', B: 'left', TEXT: 'a\n${{ secrets.TOKEN }}' }, path: [] };
    const env = [{ A: 'workflow' }, { A: 'job', B: 'job' }, { B: 'step', C: '${{ env.A }}' }];
    const { log } = await run('echo "$A $B $C $D|$TEXT"', { carried, env, context: { env: { A: 'left' } } });
    expect(log.stdout).toBe('left step left |a\n${{ secrets.TOKEN }}\n');
  });

  it('puts folders before the PATH of its programs, and chooses no program that the agent itself starts', async () => {
    const bin = join(agent.claim.workspace, 'bin');
    mkdirSync(bin);
    for (const name of ['bash', 'tool']) {
      writeFileSync(join(bin, name), '#!/bin/sh\necho "of the workspace"\n');
      chmodSync(join(bin, name), 0o755);
    }
    const carried = { variables: {}, path: [bin, '/opt/two'] };
    const { log } = await run('tool; echo "$PATH"', { carried });
    expect(log.stdout).toMatch(new RegExp(`^of the workspace\n${bin}:/opt/two:/.*\n$`));
    const own = await run('echo "$PATH"', { carried, env: [{ PATH: '/usr/bin:/bin' }] });
    expect(own.log.stdout).toBe(`${bin}:/opt/two:/usr/bin:/bin\n`);
  });

  it('counts also where the script fails after it, as far as it can be read', async () => {
    const { result } = await run('echo A=1 >> "$WATERFLOW_ENV"; echo /opt/x >> "$WATERFLOW_PATH"; exit 3');
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('exit code 3') } });
    expect(carriedBy(result)).toEqual({ variables: { A: '1' }, path: ['/opt/x'] });
    const broken = await run('echo A >> "$WATERFLOW_ENV"; echo /opt/x >> "$WATERFLOW_PATH"; exit 3');
    expect(broken.result).toMatchObject({ error: { message: expect.stringContaining('exit code 3') } });
    expect(carriedBy(broken.result)).toEqual({ variables: {}, path: ['/opt/x'] });
    expect(broken.log.log).toContain('warning: WATERFLOW_ENV line 1: expected name=value');
  });

  it('has no secret in it: what the script was given is masked, and the log says so', async () => {
    const env = [{ TOKEN: '${{ secrets.TOKEN }}' }];
    const { result, log } = await run(
      `echo "COPY=is $TOKEN" >> "$GITHUB_ENV"; echo "B=1" >> "$GITHUB_ENV"; echo "/x/$TOKEN" >> "$GITHUB_PATH"
       printf 'X=%s' "$TOKEN" | base64 -w0 | sed 's/^/CODED=/' >> "$GITHUB_ENV"`,
      { env },
    );
    expect(carriedBy(result)).toMatchObject({ variables: { COPY: 'is ***', B: '1' }, path: [] });
    expect(JSON.stringify(result)).not.toContain('horse');
    expect(JSON.stringify(result)).not.toContain(Buffer.from(`X=${secrets.TOKEN}`).toString('base64').slice(0, 20));
    expect(log.log).toMatch(/^warning: COPY, CODED, PATH: a secret in what later steps get is masked/m);
    expect(JSON.stringify([agent.recorded, agent.results])).not.toContain('horse');
  });

  it('leaves alone what each step has of its own, as after `env >> $GITHUB_ENV`', async () => {
    const { result, log } = await run(
      'echo "GITHUB_OUTPUT=/tmp/x" >> "$GITHUB_ENV"; echo "RUNNER_OS=x" >> "$GITHUB_ENV"',
    );
    expect(carriedBy(result)).toBeUndefined();
    expect(log.log).toBe(
      'warning: GITHUB_OUTPUT, RUNNER_OS in WATERFLOW_ENV: each step has its own value, which stays\n',
    );
  });
});

describe('what is refused of it', () => {
  it.each([
    ['echo "a b=1"', 'WATERFLOW_ENV line 1: \\"a b\\" is no name of a variable'],
    ['printf "a\\\\0b=1\\n"', 'is no name of a variable'],
    ['echo "=1"', 'WATERFLOW_ENV line 1: expected name=value'],
    ['printf "A<<END\\nx\\n"', 'no line \\"END\\" ends the value of \\"A\\"'],
    ['printf "A=x\\\\0y\\n"', 'the value of A holds a NUL character'],
    ['for i in $(seq 10000); do echo "V$i=1"; done', '10000 variables at once'],
    ['for i in $(seq 600); do echo "V$i=1"; done', 'steps may leave 500 in a job'],
    ['printf A=; head -c 1000000 /dev/zero | tr "\\\\0" x', 'they may take 65536 in a job'],
  ])('fails the step, and says why: %s', async (script, message) => {
    const { result } = await run(`{ ${script}; } >> "$GITHUB_ENV"`);
    expect(result.outcome).toBe('failure');
    expect(JSON.stringify(result)).toContain(message);
    expect(carriedBy(result)).toBeUndefined();
  });

  it.each([
    ['/opt/a:/opt/b', "can't stand in PATH as one folder"],
    ['/opt/\\u0007', "can't stand in PATH as one folder"],
  ])('fails the step for the folder %s', async (folder, message) => {
    const { result } = await run(`printf '%b\\n' '${folder}' >> "$GITHUB_PATH"`);
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining(message) } });
  });

  it.each(['LD_PRELOAD', 'BASH_ENV', 'ENV', 'NODE_OPTIONS', 'PYTHONSTARTUP', 'DYLD_INSERT_LIBRARIES'])(
    'are variables by which programs load code, such as %s, unless a policy names them',
    async (name) => {
      const { result, calls } = await run(`echo "${name}=/tmp/x" >> "$GITHUB_ENV"`);
      expect(result).toMatchObject({
        outcome: 'failure',
        class: 'denied',
        error: { code: 'DENIED', message: expect.stringContaining(name) },
      });
      expect(carriedBy(result)).toBeUndefined();
      expect(calls).toContainEqual(expect.objectContaining({ capability: 'env', decision: 'denied', subject: name }));
    },
  );
});

describe('what a policy says of it', () => {
  const policyWith = (rule: string): string => `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - ${rule}
`;
  const both = 'echo "APP_MODE=x" >> "$GITHUB_ENV"; echo "LD_PRELOAD=" >> "$GITHUB_ENV"';

  async function under(policy: string, script: string, more: Partial<TestStep> = {}): Promise<StepResult> {
    await using other = await createTestAgent({ supervisor: supervisor(), policy });
    return (await other.run({ uses: 'run@v1', ...more, with: { script } })).result;
  }

  it('may let such variables be set by their names', async () => {
    const result = await under(policyWith('{ plugin: run, allow: { env: [{ names: [LD_PRELOAD] }] } }'), both);
    expect(carriedBy(result)).toEqual({ variables: { APP_MODE: 'x', LD_PRELOAD: '' }, path: [] });
  });

  it.each(['any', '["*"]', '["APP_*"]', '[APP_MODE]'])('may deny variables: %s', async (names) => {
    const result = await under(
      policyWith(`{ plugin: run, deny: { env: [{ names: ${names} }] } }`),
      'echo "APP_MODE=x" >> "$GITHUB_ENV"',
    );
    expect(result).toMatchObject({ outcome: 'failure', class: 'denied', error: { code: 'DENIED' } });
  });

  it('may deny folders alone', async () => {
    const policy = policyWith('{ plugin: run, deny: { env: [{ names: [PATH] }] } }');
    expect(await under(policy, 'echo /opt/x >> "$GITHUB_PATH"')).toMatchObject({ error: { code: 'DENIED' } });
    expect(carriedBy(await under(policy, 'echo A=1 >> "$GITHUB_ENV"'))).toEqual({ variables: { A: '1' }, path: [] });
  });

  it('may leave it out, and then scripts that leave nothing run as ever', async () => {
    const rule = '{ plugin: run, allow: { exec: [{ command: bash, args: any, env: any, profile: host }] } }';
    const policy = policyWith(rule).replace(/^ {2}- \{ plugin: built-in.*\n/m, '');
    expect(await under(policy, 'echo A=1 >> "$GITHUB_ENV"')).toMatchObject({ error: { code: 'DENIED' } });
    expect(await under(policy, 'true')).toMatchObject({ outcome: 'success' });
  });

  it('keeps from a program what its entry has no room for', async () => {
    const rule =
      '{ plugin: run, allow: { exec: [{ command: bash, args: any, env: [step, "WATERFLOW_*", "GITHUB_*"], profile: host }] } }';
    const policy = policyWith(rule).replace(/^ {2}- \{ plugin: built-in.*\n/m, '');
    await using other = await createTestAgent({ supervisor: supervisor(), policy });
    const carried = { variables: { LD_PRELOAD: '/tmp/x', A: '1' }, path: ['/opt/x'] };
    const { log } = await other.run({
      uses: 'run@v1',
      carried,
      with: { script: 'echo "[$LD_PRELOAD] $A"; case "$PATH" in *opt/x*) echo found;; esac' },
    });
    expect(log.stdout).toBe('[] 1\n');
  });
});
