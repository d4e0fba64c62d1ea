import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { AbsolutePath, Json, JsonObject } from '../../schemas/index.ts';
import type { CallScope } from './capability.ts';
import { anything, type ExecAnswer, runTestExec, script } from './exec/testing/run.ts';
import type { ExecArgs } from './exec.ts';
import { execCapability } from './exec.ts';
import { makeTestScope, performTestCall } from './testing/call.ts';

const namespaces = await needs('bwrap');

function run(scope: CallScope, args: ExecArgs, entry: JsonObject = anything): Promise<ExecAnswer> {
  return runTestExec(execCapability, scope, { args, entry });
}

describe('a program', () => {
  test('answers with its exit code, and its output goes to the log', async () => {
    await using scope = makeTestScope();
    const answer = await run(scope, script('echo out; echo err >&2; exit 3', { stdout: 'log' }));
    expect(answer).toEqual({ exit_code: 3, files: {} });
    expect(scope.logged).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
    expect(scope.notes).toContainEqual({ exit_code: 3 });
  });

  test('that a signal ended has 128 and its number as exit code', async () => {
    await using scope = makeTestScope();
    expect(await run(scope, script('kill -TERM $$'))).toMatchObject({ exit_code: 143 });
    await using without = makeTestScope({ sandbox: { bwrap: undefined } });
    expect(await run(without, script('kill -TERM $$'))).toMatchObject({ exit_code: 143, signal: 'SIGTERM' });
  });

  test('has a clean environment and an empty home', async () => {
    await using scope = makeTestScope({ env: { FROM_STEP: 'x' } });
    const { stdout } = await run(scope, script('env; ls -A "$HOME"; ls -A "$WATERFLOW_FILES"'));
    const keys = (stdout ?? '').split('\n').map((line) => line.split('=')[0]);
    const own = ['HOME', 'LANG', 'PATH', 'PWD', 'SHLVL', 'WATERFLOW_EXEC_ID', 'WATERFLOW_FILES', '_', ''];
    expect(keys.filter((key) => !own.includes(key ?? ''))).toEqual([]);
    const { stdout: stepped } = await run(scope, script('echo $FROM_STEP', { step_env: true }));
    expect(stepped).toBe('x\n');
  });

  test('inherits no descriptor of the agent', async () => {
    await using scope = makeTestScope();
    const { stdout } = await run(scope, script('for f in /proc/$$/fd/*; do readlink "$f"; done', { stdin: 'x' }));
    const strange = (stdout ?? '')
      .split('\n')
      .filter((line) => !/^$|^\/dev\/null$|\/(stdin|waterflow-pipes-\w+\/pipe-\d) \(deleted\)$/.test(line));
    expect(strange).toEqual([]);
  });

  test('can open its standard streams again by name', async () => {
    await using scope = makeTestScope();
    const answer = await run(scope, script('cat /dev/stdin | tee /dev/stderr', { stdin: 'hello', stderr: 'capture' }));
    expect(answer).toMatchObject({ exit_code: 0, stdout: 'hello', stderr: 'hello' });
  });

  test('runs in the folder of the workspace that the call names', async () => {
    await using scope = makeTestScope();
    mkdirSync(join(scope.workspace, 'sub'));
    expect((await run(scope, script('basename "$PWD"', { cwd: 'sub' }))).stdout).toBe('sub\n');
    symlinkSync('/etc', join(scope.workspace, 'outside'));
    await expect(run(scope, script('pwd', { cwd: 'outside' }))).rejects.toMatchObject({ code: 'DENIED' });
    await expect(run(scope, script('pwd', { cwd: 'missing' }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(run(scope, script('pwd', { cwd: '../x' }))).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  test('leaves nothing behind', async () => {
    await using scope = makeTestScope();
    await run(
      scope,
      script('mkdir -p "$HOME/a/b"; touch "$HOME/a/b/c"; chmod 500 "$HOME/a/b"; echo x > "$WATERFLOW_FILES/y"'),
    );
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test('is told where what it is given is too long', async () => {
    await using scope = makeTestScope();
    await using without = makeTestScope({ sandbox: { bwrap: undefined } });
    const long = Array.from({ length: 40 }, (_, index) => [`A${index}`, 'x'.repeat(100_000)] as const);
    for (const given of [
      { env: Object.fromEntries(long) },
      { args: ['-c', 'exit 0', ...long.map(([, text]) => text)] },
    ]) {
      for (const each of [scope, without]) {
        await expect(run(each, { ...script('exit 0'), ...given })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
      }
    }
  });

  test('that does not exist is not found', async () => {
    await using scope = makeTestScope();
    await expect(run(scope, { command: 'no-such-program' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('files of one exec', () => {
  test('are private, pointed to by variables, and read back', async () => {
    await using scope = makeTestScope();
    const answer = await run(scope, {
      command: 'bash',
      args: [{ file: 'script' }],
      files: {
        script: { content: 'stat -c %a "$OUT" "$(dirname "$OUT")"; echo "$ALIAS" | grep -c out; echo "a=1" >> "$OUT"' },
        out: { env: ['OUT', 'ALIAS'], read: true },
      },
      stdout: 'capture',
    });
    expect(answer).toEqual({ exit_code: 0, stdout: '600\n700\n1\n', files: { out: 'a=1\n' } });
  });

  test.each([
    ['a link to another file', 'ln -sf /etc/passwd "$OUT"', 'FAILED'],
    ['a FIFO', 'rm "$OUT"; mkfifo "$OUT"', 'FAILED'],
    ['a folder', 'rm "$OUT"; mkdir "$OUT"', 'FAILED'],
    ['more than a mebibyte', 'head -c 1048577 /dev/zero > "$OUT"', 'LIMIT_EXCEEDED'],
  ])('are not read back when the program made %s of them', async (_what, text, code) => {
    await using scope = makeTestScope();
    await expect(run(scope, script(text, { files: { out: { env: 'OUT', read: true } } }))).rejects.toMatchObject({
      code,
    });
  });

  test('are not read back when they are too large together', async () => {
    await using scope = makeTestScope();
    const files = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, { read: true }]));
    const text = 'for f in "$WATERFLOW_FILES"/*; do head -c 1000000 /dev/zero > "$f"; done';
    await expect(run(scope, script(text, { files }))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  test('that the program removed are not in the answer', async () => {
    await using scope = makeTestScope();
    const answer = await run(scope, script('rm "$OUT"', { files: { out: { env: 'OUT', read: true } } }));
    expect(answer.files).toEqual({});
  });

  test('can only be named as arguments where they are given', async () => {
    await using scope = makeTestScope();
    await expect(run(scope, { command: 'bash', args: [{ file: 'toString' }] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });
});

describe('streams', () => {
  test('come from and go to workspace files', async () => {
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'in.txt'), 'hello');
    await run(scope, {
      command: 'tr',
      args: ['a-z', 'A-Z'],
      stdin: { file: 'in.txt' },
      stdout: { file: 'deep/out.txt' },
    });
    expect(readFileSync(join(scope.workspace, 'deep/out.txt'), 'utf8')).toBe('HELLO');
  });

  test('need what fs needs for the same file', async () => {
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'in.txt'), 'hello');
    const call = (args: ExecArgs): Promise<ExecAnswer> =>
      runTestExec(execCapability, scope, { args, implied: () => false });
    await expect(call({ command: 'cat', stdin: { file: 'in.txt' } })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(call(script('touch ran', { stdout: { file: 'out.txt' } }))).rejects.toMatchObject({ code: 'DENIED' });
    expect(readdirSync(scope.workspace)).toEqual(['in.txt']);
  });

  test('never follow a link out of the workspace', async () => {
    await using scope = makeTestScope();
    symlinkSync('/etc/passwd', join(scope.workspace, 'in.txt'));
    symlinkSync(scope.temp(), join(scope.workspace, 'out'));
    await expect(run(scope, { command: 'cat', stdin: { file: 'in.txt' } })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(run(scope, script('echo x', { stdout: { file: 'out/x' } }))).rejects.toMatchObject({ code: 'DENIED' });
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test('that fail leave the file as it was', async () => {
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'out.txt'), 'before');
    const args = script('echo after; head -c 100 /dev/zero >&2; sleep 100', {
      stdout: { file: 'out.txt' },
      stderr: 'capture',
      max_bytes: 10,
    });
    await expect(run(scope, args)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(readdirSync(scope.workspace)).toEqual(['out.txt']);
    expect(readFileSync(join(scope.workspace, 'out.txt'), 'utf8')).toBe('before');
  });

  test('of a gigabyte do not grow the agent', async () => {
    await using scope = makeTestScope();
    const before = process.memoryUsage().rss;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 10);
    const answer = await run(scope, script('yes | head -c 1G', { stdout: 'discard' }));
    clearInterval(watch);
    expect(answer.exit_code).toBe(0);
    expect(peak - before).toBeLessThan(150 * 1024 ** 2);
  });

  test('to the log end the exec at the limit of a step', async () => {
    let logged = 0;
    await using scope = makeTestScope({
      log: (_stream, text) => {
        logged += text.length;
      },
    });
    await expect(run(scope, script('yes | head -c 1G', { stdout: 'log' }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      message: expect.stringContaining('log'),
    });
    expect(logged).toBeLessThanOrEqual(64 * 1024 ** 2);
    // The limit is the step's: another exec doesn't begin anew.
    await expect(run(scope, script('yes | head -c 1M', { stdout: 'log' }))).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
  });
});

describe('secrets', () => {
  const entry: JsonObject = { ...anything, secrets: ['TOKEN'] };

  test('are put in where the entry names them: variables, files, stdin', async () => {
    await using scope = makeTestScope({ secrets: { TOKEN: 'correct horse' } });
    const token = scope.secrets.placeholder('TOKEN') ?? '';
    const text = 'test "$A" = "x correct horse"; echo $?; grep -c "correct horse" "$F"; grep -c "correct horse"';
    const answer = await run(
      scope,
      script(text, { env: { A: `x ${token}` }, files: { f: { content: token, env: 'F' } }, stdin: token }),
      entry,
    );
    expect(answer.stdout).toBe('0\n1\n1\n');
    expect(scope.notes[0]).toMatchObject({ secrets: ['TOKEN'] });
  });

  test('stay placeholders where it does not', async () => {
    await using scope = makeTestScope({ secrets: { OTHER: 'correct horse' } });
    const other = scope.secrets.placeholder('OTHER') ?? '';
    expect((await run(scope, script('echo $A', { env: { A: other } }), entry)).stdout).toBe(`${other}\n`);
  });

  test('never go on a command line', async () => {
    await using scope = makeTestScope({ secrets: { TOKEN: 'correct horse' } });
    const token = scope.secrets.placeholder('TOKEN') ?? '';
    const call = script('echo "$0"; cat /proc/*/cmdline | grep -c "correct[ ]horse"', { env: { A: token } });
    expect((await run(scope, { ...call, args: [...(call.args ?? []), token] }, entry)).stdout).toBe(`${token}\n0\n`);
  });

  test('come back to the guest as placeholders', async () => {
    await using scope = makeTestScope({ secrets: { TOKEN: 'correct horse' } });
    const token = scope.secrets.placeholder('TOKEN') ?? '';
    const files = { out: { env: 'OUT', read: true } };
    const answer = await run(scope, script('echo $A | tee "$OUT"', { env: { A: token }, files }), entry);
    expect(answer).toMatchObject({ stdout: `${token}\n`, files: { out: `${token}\n` } });
  });
});

describe('which program runs', () => {
  test('never one that lies in the workspace', async () => {
    await using scope = makeTestScope();
    const fake = join(scope.workspace, 'git');
    writeFileSync(fake, '#!/bin/sh\ntouch hijacked\n');
    chmodSync(fake, 0o755);
    const { stdout } = await run(scope, { command: 'git', args: ['--version'], stdout: 'capture' });
    expect(stdout).toMatch(/^git version/);
    await expect(run(scope, { command: fake })).rejects.toMatchObject({ code: 'DENIED' });
    await using hijacked = makeTestScope({ sandbox: { path: [scope.workspace] } });
    await expect(run({ ...hijacked, workspace: scope.workspace }, { command: 'git' })).rejects.toMatchObject({
      code: 'DENIED',
    });
    expect(existsSync(join(scope.workspace, 'hijacked'))).toBe(false);
  });

  test('not through a link into the workspace either', async () => {
    await using scope = makeTestScope();
    await using outside = makeTestScope();
    const fake = join(scope.workspace, 'evil');
    writeFileSync(fake, '#!/bin/sh\n');
    chmodSync(fake, 0o755);
    symlinkSync(fake, join(outside.workspace, 'tool'));
    const sandbox = { ...scope.sandbox, path: [outside.workspace] };
    await expect(run({ ...scope, sandbox }, { command: 'tool' })).rejects.toMatchObject({ code: 'DENIED' });
  });

  test('the one that every rule means', async () => {
    await using scope = makeTestScope();
    const call = (policy: JsonObject): Promise<Json> =>
      performTestCall(
        execCapability,
        { layers: [[anything], [{ ...anything, ...policy }]], operation: 'run', args: { command: 'true' } },
        scope,
      );
    await expect(call({ command: '/usr/bin/true' })).resolves.toMatchObject({ exit_code: 0 });
    const other = join(scope.temp(), 'true') as AbsolutePath;
    writeFileSync(other, '#!/bin/sh\n');
    await expect(call({ command: '/usr/local/no/true' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('only with the digest that is pinned', async () => {
    await using scope = makeTestScope();
    const digest = createHash('sha256').update(readFileSync('/usr/bin/true')).digest('hex');
    await expect(run(scope, { command: 'true' }, { ...anything, sha256: digest })).resolves.toMatchObject({
      exit_code: 0,
    });
    expect(scope.notes[0]).toMatchObject({ sha256: digest });
    await expect(run(scope, { command: 'true' }, { ...anything, sha256: '0'.repeat(64) })).rejects.toMatchObject({
      code: 'DENIED',
    });
  });
});

describe('denied', () => {
  test('options injected into git', async () => {
    await using scope = makeTestScope();
    const entry: JsonObject = {
      command: 'git',
      args: ['clone', { prefix: '--depth=', type: 'integer', optional: true }, '--', { type: 'url' }, { type: 'path' }],
      profile: 'host',
    };
    const attempts = [
      ['clone', '--upload-pack=touch pwned', '--', 'https://example.invalid/', 'x'],
      ['clone', '--depth=1', '-c', 'core.sshCommand=touch pwned', 'ssh://example.invalid/', 'x'],
      ['clone', '--', 'ext::sh -c "touch pwned"', 'x'],
      ['clone', '--', 'ssh://-oProxyCommand=touch pwned/', 'x'],
      ['clone', '--', 'https://example.invalid/', '--template=/tmp'],
      ['--exec-path=.', 'clone', '--', 'https://example.invalid/', 'x'],
    ];
    for (const args of attempts) {
      await expect(run(scope, { command: 'git', args }, entry)).rejects.toMatchObject({ code: 'DENIED' });
    }
    expect(readdirSync(scope.workspace)).toEqual([]);
  });

  test("LD_PRELOAD, also from the step's own environment", async () => {
    await using scope = makeTestScope({ env: { LD_PRELOAD: './evil.so' } });
    const entry: JsonObject = { ...anything, env: ['*', 'step'] };
    await expect(run(scope, script('true', { env: { LD_PRELOAD: './evil.so' } }), entry)).rejects.toMatchObject({
      code: 'DENIED',
    });
    await expect(run(scope, script('true', { step_env: true }), entry)).rejects.toMatchObject({
      code: 'DENIED',
      message: expect.stringContaining('LD_PRELOAD'),
    });
  });

  test.skipIf(!namespaces)('a granted LD_PRELOAD reaches the program, not what confines it', async () => {
    await using scope = makeTestScope();
    const text = 'cat /proc/1/environ | wc -c; grep -c LD_PRELOAD /proc/$$/environ';
    const answer = await run(scope, script(text, { env: { LD_PRELOAD: '' } }));
    expect(answer.stdout).toBe('0\n1\n');
  });
});
