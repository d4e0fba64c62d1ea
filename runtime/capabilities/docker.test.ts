import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, test } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { JsonObject } from '../../schemas/index.ts';
import { callsUnder, testDocker } from './docker/testing/calls.ts';
import { docker, importTestImage, testImage } from './docker/testing/images.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

const works = await needs('docker');
const capability = testDocker();

beforeAll(() => works && importTestImage());

type Call = (operation: string, args: JsonObject) => Promise<JsonObject>;

/** Calls under an entry for the test image. */
function calls(scope: TestScope, entry: JsonObject = {}): Call {
  const whole = { images: [testImage], operations: ['run', 'exec', 'logs'], ...entry };
  return callsUnder(capability, { entry: whole, scope });
}

function sh(script: string, more: JsonObject = {}): JsonObject {
  return { image: testImage, command: ['sh', '-c', script], stdout: 'capture', stderr: 'capture', ...more };
}

/** What agents made, by the names that only they give. */
function left(run: TestScope): readonly string[] {
  const filter = `label=dev.waterflow.run=${run.owner.run}`;
  return [
    docker('ps', '-aq', '--filter', filter),
    docker('volume', 'ls', '-q', '--filter', filter),
    docker('network', 'ls', '-q', '--filter', filter),
  ]
    .flatMap((lines) => lines.split('\n'))
    .filter((line) => line !== '');
}

/** A scope whose run no other test has. */
function runScope(name: string, options: Parameters<typeof makeTestScope>[0] = {}): TestScope {
  const scope = makeTestScope(options);
  return Object.assign(scope, { owner: { ...scope.owner, run: `docker-test-${process.pid}-${name}` } });
}

describe.runIf(works)('a container', () => {
  test('runs a program to its end and is gone then', async () => {
    await using scope = runScope('run');
    const answer = await calls(scope)('run', sh('cat; echo oops >&2; exit 3', { stdin: 'hello' }));
    expect(answer).toMatchObject({ exit_code: 3, stdout: 'hello', stderr: 'oops\n', out_of_memory: false });
    expect(left(scope)).toEqual([]);
    expect(scope.notes).toContainEqual(expect.objectContaining({ image: testImage, network: 'none' }));
    expect(scope.notes).toContainEqual(expect.objectContaining({ exit_code: 3 }));
    await scope.endRun();
  });

  test('runs as the owner of the workspace, without capabilities and without a way to new ones', async () => {
    await using scope = runScope('user');
    const { uid, gid } = statSync(scope.workspace);
    const answer = await calls(scope)(
      'run',
      sh('id -u; id -g; grep -E "^(Cap(Eff|Bnd)|NoNewPrivs|Seccomp):" /proc/self/status'),
    );
    expect(answer['stdout']).toBe(
      `${uid}\n${gid}\nCapEff:\t0000000000000000\nCapBnd:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n`,
    );
    await scope.endRun();
  });

  test('sees the folder of the workspace that it is given, to read or to write', async () => {
    await using scope = runScope('mounts');
    mkdirSync(join(scope.workspace, 'in'));
    mkdirSync(join(scope.workspace, 'out'));
    writeFileSync(join(scope.workspace, 'in', 'a'), 'from the workspace');
    const answer = await calls(scope, { mounts: 'workspace' })(
      'run',
      sh('cat /in/a > /out/b; touch /in/c || echo refused', {
        mounts: [
          { path: 'in', target: '/in' },
          { path: 'out', target: '/out', access: 'write' },
        ],
      }),
    );
    expect(answer).toMatchObject({ stdout: 'refused\n', exit_code: 0 });
    expect(readFileSync(join(scope.workspace, 'out', 'b'), 'utf8')).toBe('from the workspace');
    expect(existsSync(join(scope.workspace, 'in', 'c'))).toBe(false);
    expect(left(scope)).toEqual([]);
    await scope.endRun();
  });

  test('shares a volume with others of its run', async () => {
    await using scope = runScope('volumes');
    const call = calls(scope, { mounts: ['volume'] });
    const mounts = [{ volume: 'cache', target: '/data', access: 'write' }];
    await call('run', sh('echo kept > /data/a', { mounts }));
    expect(await call('run', sh('cat /data/a', { mounts }))).toMatchObject({ stdout: 'kept\n' });
    expect(left(scope)).toHaveLength(1);
    await call('remove_volume', { name: 'cache' });
    expect(left(scope)).toEqual([]);
    await expect(call('remove_volume', { name: 'cache' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await call('create_volume', { name: 'cache' });
    await scope.endRun();
    expect(left(scope)).toEqual([]);
  });

  test('gets the secrets that it is granted, and their placeholders come back', async () => {
    await using scope = runScope('secrets', { secrets: { TOKEN: 'the-value-of-it', OTHER: 'another-value' } });
    const env = { TOKEN: scope.secrets.placeholder('TOKEN') ?? '', OTHER: scope.secrets.placeholder('OTHER') ?? '' };
    const answer = await calls(scope, { secrets: ['TOKEN'] })(
      'run',
      sh('printf %s "$TOKEN" | wc -c; echo $TOKEN; printf %s "$OTHER" | wc -c', { env }),
    );
    expect(answer['stdout']).toBe(`15\n${env.TOKEN}\n${env.OTHER.length}\n`);
    expect(scope.notes).toContainEqual(expect.objectContaining({ secrets: ['TOKEN'] }));
    await scope.endRun();
  });

  test('writes to a file of the workspace', async () => {
    await using scope = runScope('file');
    await calls(scope)('run', sh('seq 1 100000', { stdout: { file: 'numbers' } }));
    expect(readFileSync(join(scope.workspace, 'numbers'), 'utf8')).toMatch(/\n99999\n100000\n$/u);
    await scope.endRun();
  });

  test('reads a file of the workspace', async () => {
    await using scope = runScope('stdin');
    writeFileSync(join(scope.workspace, 'big'), Buffer.alloc(5_000_000, 'x'));
    expect(await calls(scope)('run', sh('wc -c', { stdin: { file: 'big' } }))).toMatchObject({ stdout: '5000000\n' });
    // One that reads nothing ends all the same.
    expect(await calls(scope)('run', sh('true', { stdin: { file: 'big' } }))).toMatchObject({ exit_code: 0 });
    await scope.endRun();
  });
});

describe.runIf(works)('beside a step', () => {
  test('a container goes on, is looked at, and ends with the run', async () => {
    await using scope = runScope('start');
    const call = calls(scope, { network: 'run' });
    const { container } = await call('start', {
      image: testImage,
      network: 'run',
      name: 'web',
      command: ['sh', '-c', 'echo started; while true; do echo hello | nc -l -p 80; done'],
    });
    const handle = { container: container ?? '' };
    expect(await call('run', sh('until nc -w 5 web 80; do :; done', { network: 'run' }))).toMatchObject({
      stdout: 'hello\n',
    });
    expect(await call('status', handle)).toMatchObject({ status: 'running' });
    expect(await call('logs', { ...handle, tail: 1 })).toEqual({ stdout: 'started\n', stderr: '' });
    const answer = await call('exec', {
      ...handle,
      command: ['sh', '-c', 'cat; grep NoNew /proc/self/status; exit 4'],
      stdin: 'in ',
      stdout: 'capture',
    });
    expect(answer).toMatchObject({ exit_code: 4, stdout: 'in NoNewPrivs:\t1\n' });
    await scope.endRun();
    expect(left(scope)).toEqual([]);
    await expect(call('status', handle)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await scope.endRun();
  });

  test('a container that ended tells how, until it is removed', async () => {
    await using scope = runScope('wait');
    const call = calls(scope);
    const { container } = await call('start', { image: testImage, command: ['sh', '-c', 'exit 7'] });
    const handle = { container: container ?? '' };
    expect(await call('wait', handle)).toEqual({ exit_code: 7 });
    expect(await call('status', handle)).toMatchObject({ status: 'exited', exit_code: 7 });
    await call('remove', handle);
    expect(left(scope)).toEqual([]);
    await expect(call('wait', handle)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await scope.endRun();
  });

  test('a container that fails to start leaves nothing', async () => {
    await using scope = runScope('fails');
    const call = calls(scope, { user: 'any' });
    const failing = call('start', { image: testImage, command: ['true'], user: 'nobody-of-that-name' });
    await expect(failing).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.stringContaining('unable to find user'),
    });
    expect(left(scope)).toEqual([]);
    await scope.endRun();
  });

  test('a port is published on the machine itself only', async () => {
    await using scope = runScope('ports');
    const host = 39_000 + (process.pid % 1000);
    const call = calls(scope, { network: 'bridge', ports: [host] });
    await call('start', {
      image: testImage,
      network: 'bridge',
      ports: [{ container: 80, host }],
      command: ['sh', '-c', 'while true; do echo hello | nc -l -p 80; done'],
    });
    await expect.poll(() => text(connect({ host: '127.0.0.1', port: host })).catch(() => '')).toBe('hello\n');
    expect(docker('ps', '--filter', `label=dev.waterflow.run=${scope.owner.run}`, '--format', '{{.Ports}}')).toBe(
      `127.0.0.1:${host}->80/tcp`,
    );
    await scope.endRun();
  });
});

describe.runIf(works)('a limit', () => {
  test('of memory ends the container, and says so', async () => {
    await using scope = runScope('memory');
    const limits = { memory_bytes: 16 * 1024 ** 2 };
    const answer = await calls(scope)(
      'run',
      sh('dd if=/dev/zero of=/dev/null bs=64M count=1; tail /dev/zero', { limits }),
    );
    expect(answer).toMatchObject({ out_of_memory: true });
    await scope.endRun();
  });

  test('of processes holds', async () => {
    await using scope = runScope('processes');
    const script = 'for i in $(seq 1 40); do sleep 30 & done; echo all';
    const answer = await calls(scope, { limits: { processes: 10 } })('run', sh(script));
    expect(answer['stdout']).toBe('');
    expect(answer['stderr']).toMatch(/fork/u);
    await scope.endRun();
  });

  test('of time ends the container, also one that ignores SIGTERM', async () => {
    await using scope = runScope('time');
    const ignoring = sh('trap "" TERM INT; while true; do sleep 1; done', { timeout_ms: 300 });
    await expect(calls(scope)('run', ignoring)).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(left(scope)).toEqual([]);
    await expect(
      calls(scope, { limits: { time: '1s' } })('run', sh('true', { timeout_ms: 2000 })),
    ).rejects.toMatchObject({ code: 'DENIED' });
    await scope.endRun();
  });

  test('of time ends a container that was started, too', async () => {
    await using scope = runScope('started-time');
    const call = calls(scope, { limits: { time: '400ms' } });
    const { container } = await call('start', { image: testImage, command: ['sleep', '1000'] });
    expect(await calls(scope)('wait', { container: container ?? '' })).toEqual({ exit_code: 137 });
    await scope.endRun();
  });

  test('of captured output ends the container', async () => {
    await using scope = runScope('output');
    await expect(calls(scope)('run', sh('yes', { max_bytes: 100_000 }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(left(scope)).toEqual([]);
    await scope.endRun();
  });

  test('of the log ends the container', async () => {
    await using scope = runScope('log', { log: () => undefined });
    await expect(calls(scope)('run', sh('yes', { stdout: 'log' }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(left(scope)).toEqual([]);
    await scope.endRun();
  });
});

describe.runIf(works)('cancellation', () => {
  test('asks with SIGTERM, and answers when the container is gone', async () => {
    const cancel = new AbortController();
    await using scope = runScope('cancel', {
      signal: cancel.signal,
      log: (_stream, chunk) => String(chunk).includes('ready') && cancel.abort(),
    });
    const script = 'trap "echo bye > /out/said; exit 0" TERM; echo ready; while true; do sleep 0.05; done';
    const mounts = [{ path: '.', target: '/out', access: 'write' }];
    const running = calls(scope, { mounts: 'workspace' })('run', {
      image: testImage,
      command: ['sh', '-c', script],
      mounts,
    });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(left(scope)).toEqual([]);
    expect(readFileSync(join(scope.workspace, 'said'), 'utf8')).toBe('bye\n');
    await expect(calls(scope)('run', sh('true'))).rejects.toMatchObject({ code: 'CANCELLED' });
    await scope.endRun();
  });

  test('of an exec takes its container with it', async () => {
    const cancel = new AbortController();
    await using scope = runScope('cancel-exec', {
      signal: cancel.signal,
      log: (_stream, chunk) => String(chunk).includes('ready') && cancel.abort(),
    });
    const call = calls(scope);
    const { container } = await call('start', { image: testImage, command: ['sleep', '1000'] });
    const running = call('exec', { container: container ?? '', command: ['sh', '-c', 'echo ready; sleep 1000'] });
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(left(scope)).toEqual([]);
    await scope.endRun();
  });
});
