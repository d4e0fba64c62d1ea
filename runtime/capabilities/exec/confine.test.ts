import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { CallScope } from '../capability.ts';
import { execCapability } from '../exec.ts';
import { makeTestScope } from '../testing/call.ts';
import type { ExecArgs } from './call.ts';
import { anythingConfined, type ExecAnswer, runTestExec, script } from './testing/run.ts';

const here = await needs('bwrap');

function run(scope: CallScope, args: ExecArgs): Promise<ExecAnswer> {
  return runTestExec(execCapability, scope, { args, entry: anythingConfined });
}

describe.skipIf(!here)('profile workspace', () => {
  test('lets a program work in the workspace', async () => {
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'in'), 'hello');
    const text = 'cat in > out; whoami; echo $$ > /tmp/x; cat /tmp/x > /dev/shm/y; [[ $(cat /dev/shm/y) -lt 10 ]]';
    expect(await run(scope, script(text))).toMatchObject({ exit_code: 0, stdout: 'waterflow\n' });
    expect(readFileSync(join(scope.workspace, 'out'), 'utf8')).toBe('hello');
    expect(existsSync('/tmp/x')).toBe(false);
  });

  test('shows nothing of the machine but its programs', async () => {
    await using scope = makeTestScope();
    const secret = join(scope.temp(), 'secret');
    writeFileSync(secret, 'top secret');
    const places = [secret, '/home', '/etc/shadow', '/root', '/var', '/run', '/sys', '/boot', import.meta.filename];
    const { stdout } = await run(scope, script(places.map((path) => `ls -d ${path}`).join('; ')));
    expect(stdout).toBe('');
    const { stdout: processes } = await run(scope, script('ls -d /proc/[0-9]* | wc -l'));
    expect(Number(processes)).toBeLessThan(6);
  });

  test('lets nothing be written but the workspace and its own folders', async () => {
    await using scope = makeTestScope();
    const places = ['/usr/x', '/bin/x', '/etc/x', '/etc/passwd', '/x', '/dev/x', '/proc/sys/kernel/core_pattern'];
    const before = readFileSync('/proc/sys/kernel/core_pattern', 'utf8');
    const text = places.map(
      (path) => `(: >> ${path}) && echo wrote ${path}; (cat ${path} > ${path}) && echo put ${path}`,
    );
    expect((await run(scope, script(text.join('; ')))).stdout).toBe('');
    expect(readFileSync('/proc/sys/kernel/core_pattern', 'utf8')).toBe(before);
  });

  test('a link in the workspace leads nowhere', async () => {
    await using scope = makeTestScope();
    symlinkSync('/root', join(scope.workspace, 'root'));
    symlinkSync('/etc/shadow', join(scope.workspace, 'shadow'));
    expect((await run(scope, script('ls root/; cat shadow; touch root/x'))).stdout).toBe('');
  });

  test('has no network, not even to this machine', async () => {
    const server = createServer((socket) => socket.end('hello'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using scope = makeTestScope();
    const { stdout } = await run(
      scope,
      script(`cat < /dev/tcp/127.0.0.1/${port}; ls /sys/class/net; cat /proc/net/dev | grep -vc lo:`),
    );
    expect(stdout).toBe('2\n');
    server.close();
  });

  test('gives no privilege and no way to get one', async () => {
    await using scope = makeTestScope();
    const text =
      'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status | tr -d "\\t"; unshare -Ur true && echo escaped; mount -t tmpfs x /tmp && echo mounted';
    expect((await run(scope, script(text))).stdout).toBe(
      'CapEff:0000000000000000\nCapBnd:0000000000000000\nNoNewPrivs:1\n',
    );
  });

  test('a program outside the system folders can be run, alone', async () => {
    await using scope = makeTestScope();
    await using other = makeTestScope();
    const folder = other.workspace;
    writeFileSync(join(folder, 'tool'), '#!/bin/sh\nls "$(dirname "$0")"\n', { mode: 0o755 });
    writeFileSync(join(folder, 'secret'), 'x');
    const sandbox = { ...scope.sandbox, path: [folder] };
    const answer = await run(
      { ...scope, sandbox: { ...sandbox, path: [...sandbox.path, ...scope.sandbox.path] } },
      { command: 'tool', stdout: 'capture' },
    );
    expect(answer).toMatchObject({ exit_code: 0, stdout: 'tool\n' });
  });

  test.skipIf(process.getuid?.() !== 0)(
    'an agent that is root lends it the user that the workspace belongs to',
    async () => {
      const user = { uid: 65_534, gid: 65_534 };
      await using scope = makeTestScope({ sandbox: { user } });
      chmodSync(dirname(scope.workspace), 0o755);
      chownSync(scope.workspace, user.uid, user.gid);
      const call = script('whoami; touch made; cat "$F"; exec cat', {
        files: { f: { content: 'a file, ', env: 'F' } },
        stdin: 'stdin',
      });
      expect(await run(scope, call)).toMatchObject({ exit_code: 0, stdout: 'waterflow\na file, stdin' });
      expect(statSync(join(scope.workspace, 'made')).uid).toBe(user.uid);
    },
  );

  test('works where the workspace is known by a link', async () => {
    await using scope = makeTestScope();
    const link = join(scope.temp(), 'link');
    symlinkSync(scope.workspace, link);
    mkdirSync(join(scope.workspace, 'sub'));
    const text = `cd ${link} && touch made && ls`;
    // Made by symlink() at an absolute path.
    const answer = await run({ ...scope, workspace: link as AbsolutePath }, script(text, { cwd: 'sub' }));
    expect(answer.stdout).toBe('made\nsub\n');
  });
});

describe('without bubblewrap', () => {
  test('profile workspace is refused, never made profile host', async () => {
    await using scope = makeTestScope({ sandbox: { bwrap: undefined } });
    await expect(run(scope, script('touch ran'))).rejects.toMatchObject({
      code: 'CONFINEMENT_UNAVAILABLE',
      remedy: expect.stringContaining('bubblewrap'),
    });
    expect(existsSync(join(scope.workspace, 'ran'))).toBe(false);
  });

  test('that works, it is refused too', async () => {
    // Absolute as written; ends at once without doing what bubblewrap does.
    await using scope = makeTestScope({ sandbox: { bwrap: '/bin/false' as AbsolutePath } });
    await expect(run(scope, script('touch ran'))).rejects.toMatchObject({ code: 'CONFINEMENT_UNAVAILABLE' });
    expect(existsSync(join(scope.workspace, 'ran'))).toBe(false);
  });
});
