import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import { createTestAgent, type TestAgent, type TestStep } from '../executor/testing/agent.ts';
import { blocksOn } from '../../tools/code-blocks/blocks.ts';

const supervisor = sharedSupervisor();
const secrets = { TOKEN: 'correct-horse-battery' };
/** As the shipped one, which allows the nodes what they request. */
const shipped = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
`;
const perl = `${shipped}  - plugin: run
    allow:
      exec: [{ command: perl, args: [{ type: file }], env: any, profile: host }]
`;

let agent: TestAgent;
beforeAll(async () => {
  agent = await createTestAgent({ supervisor: supervisor(), secrets, policy: shipped });
});
afterAll(() => agent[Symbol.asyncDispose]());

const runOn = (on: TestAgent, script: string, { with: inputs, ...step }: Partial<TestStep> = {}) =>
  on.run({ uses: 'run@v1', ...step, with: { script, ...inputs } });
const run = (script: string, step: Partial<TestStep> = {}) => runOn(agent, script, step);

describe('run@v1 by an interpreter', () => {
  it('runs Python, with the outputs, the environment and the folder of any script', async () => {
    mkdirSync(join(agent.claim.workspace, 'a folder — ü'), { recursive: true });
    const { result, log } = await run(
      [
        'import os, sys',
        'print(os.path.basename(os.getcwd()), os.environ["GREETING"])',
        'print("apart", file=sys.stderr)',
        'with open(os.environ["WATERFLOW_OUTPUT"], "a") as file:',
        '    file.write("text<<END\\nä\\nö\\nEND\\n")',
      ].join('\n'),
      { with: { shell: 'python3', 'working-directory': 'a folder — ü' }, env: [{ GREETING: 'grüß "dich"' }] },
    );
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: 0, text: 'ä\nö' } });
    expect(log).toMatchObject({ stdout: 'a folder — ü grüß "dich"\n', stderr: 'apart\n' });
  });

  it('runs JavaScript', async () => {
    const script = `const { appendFileSync } = require('node:fs');
appendFileSync(process.env.WATERFLOW_OUTPUT, \`sum=\${[1, 2, 3].reduce((a, b) => a + b)}\\n\`);
process.exitCode = 5;`;
    expect((await run(script, { with: { shell: 'node' } })).result).toMatchObject({
      outcome: 'failure',
      outputs: { exit_code: 5, sum: '6' },
      error: { message: 'exit code 5' },
    });
  });

  it('takes JavaScript for what it is, whatever a project says in whose folder the agent keeps its files', async () => {
    const project = mkdtempSync(join(tmpdir(), 'waterflow-project-'));
    const temporary = process.env['TMPDIR'];
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    process.env['TMPDIR'] = project;
    try {
      await using inside = await createTestAgent({ supervisor: supervisor(), policy: shipped });
      for (const tty of [false, true]) {
        const { result, log } = await runOn(inside, 'console.log(typeof require)', { with: { shell: 'node', tty } });
        expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
        expect(log.stdout.trim()).toBe('function');
      }
    } finally {
      if (temporary === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = temporary;
      rmSync(project, { recursive: true });
    }
  });

  it('says what is wrong with a script in the log, and gives its exit code', async () => {
    const { result, log } = await run('def broken(:', { with: { shell: 'python3' } });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 1 } });
    expect(log.stderr).toContain('SyntaxError');
  });

  it.each(['bash', 'sh', 'python3', 'node'])('never puts the script of %s on a command line', async (shell) => {
    const show = {
      bash: `tr '\\0' ' ' < /proc/$$/cmdline # marker`,
      sh: `tr '\\0' ' ' < /proc/$$/cmdline # marker`,
      python3: 'print(open("/proc/self/cmdline").read().replace("\\0", " ")) # marker',
      node: 'console.log(require("fs").readFileSync("/proc/self/cmdline", "utf8").replaceAll("\\0", " ")) // marker',
    }[shell];
    const { result, log } = await run(String(show), { with: { shell } });
    expect(result).toMatchObject({ outcome: 'success' });
    expect(log.stdout).toContain('/script');
    expect(log.stdout).not.toContain('marker');
  });

  it('runs no other one that the policy does not name, though a script could call it', async () => {
    const { result, calls } = await run('print "hello\\n"', { with: { shell: 'perl' } });
    expect(result).toMatchObject({
      class: 'denied',
      error: { code: 'DENIED', message: expect.stringMatching(/the policy: .*it is for `bash`, not `perl`/) },
    });
    expect(calls).toMatchObject([{ capability: 'exec', decision: 'denied' }]);
  });

  it('runs one that the policy names, and no third', async () => {
    await using other = await createTestAgent({ supervisor: supervisor(), secrets, policy: perl });
    const script = `open(my $out, '>>', $ENV{WATERFLOW_OUTPUT}); print $out "answer=42\\n"; print "perl\\n"; exit 3;`;
    const { result, log } = await runOn(other, script, { with: { shell: 'perl', 'success-codes': 3 } });
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: 3, answer: '42' } });
    expect(log.stdout).toBe('perl\n');
    const third = await runOn(other, 'BEGIN { exit 0 }', { with: { shell: 'awk' } });
    expect(third.result).toMatchObject({ class: 'denied' });
  });

  it('does not take one of the workspace for it', async () => {
    await using other = await createTestAgent({
      supervisor: supervisor(),
      policy: perl.replace('command: perl', 'command: "*"'),
    });
    const evil = join(other.claim.workspace, 'perl');
    writeFileSync(evil, '#!/bin/sh\ntouch ran\n');
    chmodSync(evil, 0o755);
    const { result } = await runOn(other, 'print 1', { with: { shell: evil } });
    expect(result).toMatchObject({ class: 'denied', error: { message: expect.stringContaining('a step can write') } });
    expect(existsSync(join(other.claim.workspace, 'ran'))).toBe(false);
  });
});

describe('run@v1 in a terminal', () => {
  const shown = 'test -t 0 && test -t 1 && test -t 2 && echo terminal || echo none';

  it('gives one only where the step asks for it', async () => {
    expect((await run(shown)).log.stdout).toBe('none\n');
    expect((await run(shown, { with: { tty: true } })).log.stdout).toBe('terminal\r\n');
    expect((await run(shown, { with: { tty: true, shell: 'sh' } })).log.stdout).toBe('terminal\r\n');
    const python = 'import sys; print(sys.stdout.isatty())';
    expect((await run(python, { with: { tty: true, shell: 'python3' } })).log.stdout).toBe('True\r\n');
    const node = 'console.log(process.stdout.isTTY)';
    expect((await run(node, { with: { tty: true, shell: 'node' } })).log.stdout).toBe('true\r\n');
  });

  it('gives exit code and outputs as without one, and an end to what reads from it', async () => {
    const { result } = await run('cat; echo one=1 >> "$WATERFLOW_OUTPUT"; exit 9', { with: { tty: true } });
    expect(result).toMatchObject({ outcome: 'failure', outputs: { exit_code: 9, one: '1' } });
  });

  it('keeps secrets out of what is printed there', async () => {
    const { log } = await run('echo "token $TOKEN"', {
      with: { tty: true },
      env: [{ TOKEN: '${{ secrets.TOKEN }}' }],
    });
    expect(log.stdout).toBe('token ***\r\n');
  });

  it('is not for interpreters that the policy names', async () => {
    expect((await run('print 1', { with: { tty: true, shell: 'perl' } })).result).toMatchObject({
      error: { code: 'STEP_FAILED', message: 'tty: only bash, sh, python3, node run in a terminal, not perl' },
    });
  });

  it.each(['bash', 'sh', 'python3', 'node'])(
    'gives none to %s where a policy denies it as the page shows',
    async (shell) => {
      const rule =
        [...blocksOn('plugins/run/README.md', { language: 'yaml', begins: '  - plugin: run' })].find(({ text }) =>
          text.includes('deny:\n'),
        )?.text ?? '';
      await using strict = await createTestAgent({ supervisor: supervisor(), policy: `${shipped}${rule}` });
      for (const tty of [false, true]) {
        const { result, calls } = await runOn(strict, '', { with: { shell, tty } });
        expect(result).toMatchObject({ class: 'denied', error: { code: 'DENIED' } });
        expect(calls).toMatchObject([{ capability: 'exec', decision: 'denied' }]);
      }
    },
  );

  it('asks a script to end by SIGTERM, which is all that script(1) hands on', async () => {
    const stop = new AbortController();
    const begun = join(agent.claim.workspace, 'tty-trapped');
    const script = `trap 'echo INT >> tty-signals' INT
trap 'echo TERM >> tty-signals; exit 0' TERM
touch tty-trapped
while :; do sleep 1 & wait $! || :; done`;
    const running = run(script, { with: { tty: true }, signal: stop.signal });
    await expect.poll(() => existsSync(begun)).toBe(true);
    stop.abort('cancelled');
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(readFileSync(join(agent.claim.workspace, 'tty-signals'), 'utf8')).toBe('TERM\n');
  }, 60_000);

  it('ends with all that runs in it where the step is cancelled', async () => {
    const stop = new AbortController();
    const begun = join(agent.claim.workspace, 'tty-begun');
    const running = run('(exec sleep 3456) & touch tty-begun; sleep 3456', {
      with: { tty: true },
      signal: stop.signal,
    });
    await expect.poll(() => existsSync(begun)).toBe(true);
    stop.abort('cancelled');
    expect((await running).result).toMatchObject({ outcome: 'cancelled' });
    expect(commandLines()).not.toContain('sleep 3456');
  }, 60_000);
});

/** How each writes its secret to a file that the step's environment names. */
const writesSecret: Readonly<Record<string, string>> = {
  bash: 'printf %s "$TOKEN" > "$PLACE"',
  sh: 'printf %s "$TOKEN" > "$PLACE"',
  python3: 'import os; open(os.environ["PLACE"], "w").write(os.environ["TOKEN"])',
  node: 'require("fs").writeFileSync(process.env.PLACE, process.env.TOKEN)',
  perl: 'open(my $out, ">", $ENV{PLACE}); print $out $ENV{TOKEN};',
};

describe('what a script has, which is the operator’s own', () => {
  it.each([...['bash', 'sh', 'python3', 'node'].flatMap((shell) => [shell, `${shell} in a terminal`]), 'perl'])(
    'is its environment, its secrets, and the machine as the agent’s user sees it: %s',
    async (how) => {
      const [shell = '', ...terminal] = how.split(' ');
      const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
      const place = join(outside, 'written');
      try {
        const policy = perl.replace('env: any', 'env: any, secrets: ["*"]');
        await using other = await createTestAgent({ supervisor: supervisor(), secrets, policy });
        const { result, log } = await runOn(other, writesSecret[shell] ?? '', {
          with: { shell, tty: terminal.length > 0 },
          env: [{ TOKEN: '${{ secrets.TOKEN }}', PLACE: place }],
        });
        expect({ result, log }).toMatchObject({ result: { outcome: 'success' } });
        expect(readFileSync(place, 'utf8')).toBe(secrets.TOKEN);
      } finally {
        rmSync(outside, { recursive: true });
      }
    },
  );
});

describe('the exit code', () => {
  it.each([
    [2, 2],
    [2, '1-3'],
    [20, [0, '10-19', 20]],
    [137, '0, 137'],
  ])('%j is a success where success-codes is %j', async (code, codes) => {
    const { result } = await run(`echo one=1 >> "$WATERFLOW_OUTPUT"; exit ${code}`, {
      with: { 'success-codes': codes },
    });
    expect(result).toMatchObject({ outcome: 'success', outputs: { exit_code: code, one: '1' } });
  });

  it('of 0 is a failure where it is not among them', async () => {
    const { result } = await run('exit 0', { with: { 'success-codes': ['1-3'] } });
    expect(result).toMatchObject({
      outcome: 'failure',
      class: 'failure',
      outputs: { exit_code: 0 },
      error: { message: 'exit code 0, and only 1-3 is a success' },
    });
  });

  it.each([[-1], [256], ['all'], ['3-1'], [''], [[]], [[300]]])('is not mapped by %j', async (codes) => {
    const { result } = await run('touch mapped', { with: { 'success-codes': codes } });
    expect(result).toMatchObject({ outcome: 'failure' });
    expect(existsSync(join(agent.claim.workspace, 'mapped'))).toBe(false);
  });
});

describe('many scripts at once', () => {
  it('don’t get into each other’s way', async () => {
    const results = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        run('echo "number=$NUMBER" >> "$WATERFLOW_OUTPUT"; echo "$NUMBER" > "file $NUMBER"', {
          env: [{ NUMBER: String(index) }],
          timeout: { ms: 300_000, own: false },
        }),
      ),
    );
    expect(results.map(({ result }) => result.outcome === 'success' && result.outputs['number'])).toEqual(
      Array.from({ length: 100 }, (_, index) => String(index)),
    );
    expect(readdirSync(agent.claim.workspace).filter((name) => name.startsWith('file '))).toHaveLength(100);
  }, 300_000);
});

/** Of every process of this machine. */
function commandLines(): string {
  return execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
}
