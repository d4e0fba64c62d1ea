import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import type { CallScope } from '../capability.ts';
import { makeTestScope } from '../testing/call.ts';
import { echoServer, egressFacts, execWithNames, httpServer } from './egress/testing/world.ts';
import { anythingConfined, type ExecAnswer, runTestExec, script } from './testing/run.ts';

const here = await needs('bwrap');
const names = { 'api.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'], 'mixed.test': ['93.184.216.34', '10.0.0.1'] };
const exec = execWithNames(names);

function run(scope: CallScope, text: string, entry: JsonObject): Promise<ExecAnswer> {
  return runTestExec(exec, scope, {
    args: script(text, { stderr: 'capture' }),
    entry: { ...anythingConfined, ...entry },
  });
}

describe.skipIf(!here)('egress', () => {
  test('leads curl to a granted endpoint through CONNECT and through SOCKS', async () => {
    await using server = await httpServer();
    await using scope = makeTestScope();
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const text = `curl -sS -p http://api.test:${server.port}/a; echo; unset http_proxy; curl -sS http://api.test:${server.port}/b --socks5-hostname 127.1.0.1:1080`;
    const answer = await run(scope, text, entry);
    expect(answer.stderr).toBe('');
    expect(answer.stdout).toMatch(/"url":"\/a".*\n.*"url":"\/b"/);
    expect(egressFacts(scope)).toMatchObject({
      endpoints: [{ endpoint: `api.test:${server.port}`, address: '127.0.0.1', connections: 2 }],
    });
  });

  test('forwards plain requests by the proxy in the environment, each on its own', async () => {
    await using server = await httpServer();
    await using scope = makeTestScope();
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const url = `http://api.test:${server.port}/x?y=1`;
    const { stdout } = await run(
      scope,
      `curl -sS -d body -H 'Proxy-Authorization: x' ${url}; echo; curl -sS -i ${url}`,
      entry,
    );
    const [first = ''] = (stdout ?? '').split('\n');
    expect(JSON.parse(first)).toMatchObject({ method: 'POST', url: '/x?y=1', body: 'body' });
    expect(first).not.toContain('proxy');
    expect(stdout).toContain('x-seen: yes');
  });

  test('is reached without a proxy, by the name itself and by a map', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const text = `exec 3<>/dev/tcp/api.test/${server.port}; read -r line <&3; echo "$line"; echo "$WATERFLOW_EGRESS"`;
    const { stdout } = await run(scope, text, entry);
    expect(stdout).toBe(`hello\n{"api.test:${server.port}":"127.1.0.2:${server.port}"}\n`);
  });

  test("reaches this machine's loopback where that is granted, at its own address", async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const entry = { egress: [`127.0.0.1:${server.port}`], private: true };
    const { stdout } = await run(scope, `read -r line </dev/tcp/127.0.0.1/${server.port}; echo "$line"`, entry);
    expect(stdout).toBe('hello\n');
  });

  test('carries what is sent after the program ended its side, and before', async () => {
    await using server = await echoServer('');
    await using scope = makeTestScope();
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const text = `python3 - <<'E'
import socket
s = socket.create_connection(('api.test', ${server.port}))
s.sendall(b'x' * 3000000)
s.shutdown(socket.SHUT_WR)
n = 0
while True:
    part = s.recv(65536)
    if not part: break
    n += len(part)
print(n)
E`;
    const answer = await run(scope, text.replace('python3', '/usr/bin/python3'), entry);
    expect(answer).toMatchObject({ stdout: '3000000\n' });
    expect(egressFacts(scope)).toMatchObject({ bytes: 6_000_000 });
  });

  test('gives an agent that is no root a program as confined as without one', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const text = [
      'grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/self/status | tr -d "\\t"',
      'unshare -U true && echo escaped',
      'unshare -Urn true && echo escaped',
      "/usr/bin/perl -e 'exit(syscall(56, 0x10000000 | 17, 0, 0, 0, 0) >= 0 ? 0 : 1)' && echo cloned",
      '(: >> /dev/x) && echo wrote',
      'ls /dev | tr "\\n" " "; echo; echo x > /dev/null && head -c 2 /dev/zero | wc -c',
      `cat < /dev/tcp/api.test/${server.port} & read -r line < <(cat < /dev/tcp/api.test/${server.port}); echo "$line"; kill %1`,
    ].join('\n');
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const args = script(text, { stderr: 'discard' });
    const answer = await runTestExec(execWithNames(names, 1000), scope, {
      args,
      entry: { ...anythingConfined, ...entry },
    });
    const devices = 'fd full null random shm stderr stdin stdout tty urandom zero ';
    expect((answer.stdout ?? '').split('\n').filter((line) => line !== 'hello')).toEqual([
      'CapEff:0000000000000000',
      'CapBnd:0000000000000000',
      'NoNewPrivs:1',
      devices,
      '2',
      '',
    ]);
    expect(answer.stdout).toContain('hello\n');
  });
});
