import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { type CommandOptions, folderWith, launcher, RunningCommand, root, summaryOf } from './command.ts';
import { descendantsOf, stillRunning } from './processes.ts';

/** A Node that users may have: older than the one that the command needs, but not too old for the launcher. */
function findOlderNode(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'));
  return folders
    .map((folder) => join(folder, 'node'))
    .filter((file) => existsSync(file))
    .find((file) => {
      const major = Number(/^v(\d+)\./.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[1]);
      return major >= 20 && major < 24;
    });
}

const olderNode = findOlderNode();
if (olderNode === undefined) {
  process.stderr.write('skipped: there is no Node 20 to 23 in PATH; to run these tests, install one beside Node 24\n');
}

const long = `
name: long
on: manual
jobs:
  a:
    steps:
      - name: wait
        run: echo working; sleep 1000
      - if: always()
        run: echo tidied
`;

describe.skipIf(olderNode === undefined)('bin/waterflow under an older Node', () => {
  const older = (argv: readonly string[], options: CommandOptions = {}): RunningCommand =>
    new RunningCommand(olderNode ?? '', [launcher, ...argv], options);

  it('runs the command on Node 24 with the same arguments, output and exit code', async () => {
    const doctor = await older(['run', '--json', '--state', folderWith({}), join(root, 'examples', 'hello.yml')]).ended;
    expect({ code: doctor.code, status: summaryOf(doctor).status }).toEqual({ code: 0, status: 'success' });
    expect(await older(['eval', '1 +']).ended).toMatchObject({ code: 1, stderr: expect.stringContaining('1 +') });
    expect((await older(['nonsense']).ended).code).toBe(2);
  });

  it('passes stdin through', async () => {
    const { code, stdout } = await older(['eval', '--batch'], { input: '{"expr":"1 == 1"}\n{"expr":"\'a\'"}\n' }).ended;
    expect({ code, lines: stdout.trim().split('\n') }).toMatchObject({ code: 0, lines: { length: 2 } });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('passes %s on, once: the run is cancelled in order', async (signal) => {
    const folder = folderWith({ 'long.yml': long });
    const command = older(['run', 'long.yml', '--state', 'state', '--json'], { cwd: folder });
    await command.saying('"text":"working\\n"');
    command.kill(signal);
    const ended = await command.ended;
    expect(ended.code).toBe(130);
    expect(summaryOf(ended).jobs['a']?.steps['1']).toMatchObject({ status: 'success' });
  });

  it('counts a Ctrl-C that reaches the whole foreground group once, with a terminal as input or without', async () => {
    for (const input of ['', '</dev/null']) {
      const folder = folderWith({ 'long.yml': long });
      const line = `"$0" "$1" run long.yml --state state ${input}`;
      const terminal = [join(root, 'e2e', 'pseudo-terminal.py'), '30', '100', 'sh', '-c', line];
      const argv = [...terminal, olderNode ?? '', launcher];
      const command = new RunningCommand('python3', argv, { cwd: folder, input: { open: true } });
      await command.saying('working');
      command.type('\u0003');
      const { stdout } = await command.ended;
      expect(stdout).toContain('cancelling in order');
      expect(stdout).not.toContain('killing');
      expect(stdout).toMatch(/echo tidied.*success/s);
    }
  });

  it('ends by a signal that the command has nothing to do about', async () => {
    const command = older(['eval', '--batch'], { input: { open: true } });
    command.type('{"expr":"1"}\n');
    await command.saying('result');
    command.kill('SIGTERM');
    expect(await command.ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('takes the command with it when it is killed', async () => {
    const folder = folderWith({ 'long.yml': long });
    const command = older(['run', 'long.yml', '--state', 'state', '--json'], { cwd: folder });
    await command.saying('"text":"working\\n"');
    const below = descendantsOf(command.child.pid ?? 0);
    command.kill('SIGKILL');
    await command.ended;
    await expect.poll(() => stillRunning(below)).toEqual([]);
  });

  it('says what to do where Node 24 is not installed', async () => {
    const folder = folderWith({});
    execFileSync('cp', ['-r', join(root, 'bin'), join(folder, 'bin')]);
    const { code, stderr } = await new RunningCommand(olderNode ?? '', [join(folder, 'bin', 'waterflow')]).ended;
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: expect.stringMatching(
        /^error: Waterflow needs Node 24 or newer; this is v2\d.*\n {2}remedy: Run "npm install"/,
      ),
    });
  });
});

/** A command that goes on until its input ends, started as the launcher of an older Node starts it. */
async function startCommand(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const child = fork(launcher, ['eval', '--batch'], {
    stdio: ['pipe', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  });
  child.stdin?.write('{"expr":"1","contexts":{}}\n');
  if (child.stdout !== null) await once(child.stdout, 'data');
  return child;
}

describe('the command that an older Node handed over to', () => {
  it('ends when the process that handed over is gone', async () => {
    const child = await startCommand({ WATERFLOW_LAUNCHER: '1' });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  });

  it('ends by itself as well', async () => {
    const child = await startCommand({ WATERFLOW_LAUNCHER: '1' });
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});

describe('the command that somebody forked for themselves', () => {
  it('goes on without a channel to them', async () => {
    const child = await startCommand({});
    child.disconnect();
    child.stdin?.end('{"expr":"2","contexts":{}}\n');
    const [rest, [code]] = await Promise.all([child.stdout === null ? '' : text(child.stdout), once(child, 'exit')]);
    expect({ code, rest }).toEqual({ code: 0, rest: expect.stringContaining('2') });
  });
});

/** What a process was started with: `cmdline` or `environ`. */
function startedWith(pid: number | undefined, what: string): readonly string[] {
  return readFileSync(`/proc/${pid}/${what}`, 'utf8').split('\0').filter(Boolean);
}

describe('a server', () => {
  it('is handed over to a process with what keeps its memory small', async () => {
    const argv = ['server', '--port', '0', '--state', folderWith({})];
    const server = new RunningCommand(process.execPath, [launcher, ...argv]);
    await server.complaining('"message":"listening on ');
    const [pid] = readFileSync(`/proc/${server.child.pid}/task/${server.child.pid}/children`, 'utf8').split(' ');
    expect(startedWith(Number(pid), 'cmdline')).toEqual([
      process.execPath,
      '--max-semi-space-size=4',
      launcher,
      ...argv,
    ]);
    expect(startedWith(Number(pid), 'environ')).toEqual(
      expect.arrayContaining(['MALLOC_ARENA_MAX=2', 'MALLOC_TRIM_THRESHOLD_=131072']),
    );
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });
});

describe('an agent', () => {
  it('runs in the process that was started, with what keeps its memory small', async () => {
    const argv = ['agent', '--task-queues', 'work', '--state', folderWith({})];
    const agent = new RunningCommand(process.execPath, [launcher, ...argv], { env: { TEMPORAL_HOST: '127.0.0.1:1' } });
    await agent.complaining('Temporal is not reached');
    const of = (what: string): readonly string[] => startedWith(agent.child.pid, what);
    expect(of('cmdline')).toEqual([process.execPath, '--max-semi-space-size=4', launcher, ...argv]);
    expect(of('environ')).toEqual(
      expect.arrayContaining(['MALLOC_ARENA_MAX=2', 'MALLOC_TRIM_THRESHOLD_=131072', 'TEMPORAL_HOST=127.0.0.1:1']),
    );
    agent.kill('SIGTERM');
    expect((await agent.ended).code).toBe(0);
  });
});
