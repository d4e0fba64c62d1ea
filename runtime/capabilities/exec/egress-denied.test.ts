import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { needs } from '../../../e2e/require.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { callUnder, testGrant } from '../../grants/testing/grant.ts';
import type { CallScope } from '../capability.ts';
import { makeTestScope, performTestCall } from '../testing/call.ts';
import { echoServer, egressFacts, execWithNames, httpServer } from './egress/testing/world.ts';
import { parseExecEntry } from './rule.ts';
import { anythingConfined, type ExecAnswer, script } from './testing/run.ts';

const here = await needs('bwrap');
const exec = execWithNames({
  'api.test': ['127.0.0.1'],
  'other.test': ['127.0.0.1'],
  'mixed.test': ['93.184.216.34', '127.0.0.1'],
  'metadata.test': ['169.254.169.254'],
});

/** One entry for each layer; a list is several entries of one. */
type Layers = readonly (JsonObject | readonly JsonObject[])[];

async function run(scope: CallScope, text: string, layers: Layers): Promise<ExecAnswer> {
  const entries = layers.map((layer) =>
    (Array.isArray(layer) ? layer : [layer]).map((entry) => ({ ...anythingConfined, ...entry })),
  );
  const args = JSON.parse(JSON.stringify(script(text, { stderr: 'capture' })));
  // What perform() builds.
  return (await performTestCall(exec, { layers: entries, operation: 'run', args }, scope)) as unknown as ExecAnswer;
}

/** Asks the proxy as a program would that means to get around it; the status line, or what SOCKS answers. */
const connect = (target: string): string =>
  `exec 3<>/dev/tcp/127.1.0.1/1080; printf 'CONNECT %s HTTP/1.1\\r\\n\\r\\n' '${target}' >&3; read -r line <&3; echo "\${line%$'\\r'}"; exec 3>&-;`;

describe.skipIf(!here)('egress refuses', () => {
  test('every endpoint but the granted one, however it is written', async () => {
    await using server = await echoServer();
    await using other = await echoServer();
    await using scope = makeTestScope();
    const { port } = server;
    const targets = [
      `api.test:${other.port}`,
      `other.test:${port}`,
      `127.0.0.1:${port}`,
      `0x7f.1:${port}`,
      `2130706433:${port}`,
      `[::1]:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `localhost:${port}`,
      `api.test.:${other.port}`,
      `x.api.test:${port}`,
    ];
    const { stdout } = await run(scope, targets.map(connect).join('\n'), [
      { egress: [`api.test:${port}`], private: true },
    ]);
    expect((stdout ?? '').trim().split('\n')).toEqual(targets.map(() => 'HTTP/1.1 403 Forbidden'));
    expect([server.seen, other.seen]).toEqual([[], []]);
    expect(scope.logged.log).toContain(`\`x.api.test:${port}\` is not in its \`egress\``);
  });

  test('what is no endpoint at all', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const targets = [
      '/',
      'api.test',
      `user@api.test:${server.port}`,
      `api.test%00:${server.port}`,
      'api.test:0',
      'a b:1',
    ];
    const { stdout } = await run(scope, targets.map(connect).join('\n'), [{ egress: ['*:*'], private: true }]);
    expect(
      (stdout ?? '')
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 12)),
    ).toEqual(targets.map(() => 'HTTP/1.1 400'));
  });

  test.each([
    ['a private address, unless every layer says `private`', 'api.test', [{ private: true }, {}]],
    ['a name with one private address', 'mixed.test', [{}]],
    ["a cloud's metadata address behind a name", 'metadata.test', [{ private: true }]],
    ["a cloud's metadata address behind a wildcard", '169.254.169.254', [{ private: true, host: '*' }]],
  ] as const)('%s', async (_what, host, layers) => {
    await using scope = makeTestScope();
    const entries = layers.map((layer): JsonObject => {
      const { host: pattern, ...rest } = { host, ...layer };
      return { egress: [`${pattern}:80`], ...rest };
    });
    expect((await run(scope, connect(`${host}:80`), entries)).stdout).toBe('HTTP/1.1 403 Forbidden\n');
    expect(egressFacts(scope)).toMatchObject({ endpoints: [{ endpoint: `${host}:80`, connections: 1 }] });
  });

  test('by SOCKS what it refuses by CONNECT', async () => {
    await using server = await httpServer();
    await using scope = makeTestScope();
    const text = `for host in api.test other.test 127.0.0.1 '[::1]'; do curl -sS --socks5-hostname 127.1.0.1:1080 --noproxy '' http://$host:${server.port}/ >/dev/null && echo reached $host; done; true`;
    const { stdout } = await run(scope, `unset http_proxy HTTP_PROXY; ${text}`, [
      { egress: [`api.test:${server.port}`], private: true },
    ]);
    expect(stdout).toBe('reached api.test\n');
  });

  test('a plain request whose Host is another than its address', async () => {
    await using server = await httpServer();
    await using scope = makeTestScope();
    const { port } = server;
    const text = `curl -sS -o /dev/null -w '%{http_code} ' -H 'Host: other.test' http://api.test:${port}/; curl -sS -o /dev/null -w '%{http_code}' http://other.test:${port}/`;
    const { stdout } = await run(scope, text, [{ egress: [`api.test:${port}`], private: true }]);
    expect(stdout).toBe('400 403');
    expect(server.seen).toEqual([]);
  });

  test('what another entry of the same layer would allow', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const egress = [`api.test:${server.port}`];
    const layer = [
      { egress: ['api.test:1'], private: true },
      { egress, private: true },
    ];
    const { stdout } = await run(scope, connect(`api.test:${server.port}`), [layer]);
    expect(stdout).toBe('HTTP/1.1 403 Forbidden\n');
    expect(server.seen).toEqual([]);
  });

  test('everything where a layer has none: there is no proxy then, and no way', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const text = `env | grep -ci proxy; ls /etc/ssh; cat < /dev/tcp/127.1.0.1/1080 || cat < /dev/tcp/127.0.0.1/${server.port} || echo none`;
    const { stdout } = await run(scope, text, [{ egress: ['*:*'], private: true }, {}]);
    expect(stdout).toBe('0\nnone\n');
  });

  test('whoever is not in the namespace: nothing listens outside of it', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    await using other = makeTestScope();
    const entry = { egress: [`api.test:${server.port}`], private: true };
    const connected = server.next();
    const waiting = run(scope, `cat < /dev/tcp/api.test/${server.port}`, [entry]);
    const socket = await connected;
    // 127.1.0.1:1080 as the kernel lists it, and any address with that port.
    expect(readFileSync('/proc/net/tcp', 'utf8')).not.toMatch(/: [0-9A-F]{6}7F:0438 0{8}:0000 0A/);
    const { stdout } = await run(other, 'cat < /dev/tcp/127.1.0.1/1080 || echo none', [{}]);
    expect(stdout).toBe('none\n');
    socket.end();
    await expect(waiting).resolves.toMatchObject({ exit_code: 0, stdout: 'hello\n' });
  });
});

describe('an entry', () => {
  test.each([
    [{ egress: ['example.com:443'], profile: 'host' }, /on the host/],
    [{ egress: ['example.com'] }, /host:port/],
    [{ egress: ['https://example.com:443'] }, /host:port/],
    [{ egress: ['example.com:99999'] }, /port/],
    [{ private: true }, /`private` goes with `egress`/],
  ])('%j is an error', (entry, problem) => {
    expect(parseExecEntry({ command: 'git', ...entry })).toEqual({ problem: expect.stringMatching(problem) });
  });
});

describe.skipIf(!here)('by policy', () => {
  const curl = (url: string): { command: string; args: string[]; stdout: 'capture' } => ({
    command: 'curl',
    args: ['-sS', '-o', '/dev/null', '-w', '%{http_code}', url],
    stdout: 'capture',
  });
  const approvedOnly = 'version: 1\nrules: [{ plugin: approved, allow: requested, profile: workspace }]\n';

  test.each([
    ['requested, which leaves `private` off', approvedOnly, '403'],
    [
      'written out, with `private`',
      'version: 1\nrules: [{ plugin: "*", allow: { exec: [{ command: curl, args: any, egress: ["localhost:*"], private: true }] } }]\n',
      '200',
    ],
    [
      'denied as a connection',
      'version: 1\nrules: [{ plugin: "*", allow: { exec: [{ command: curl, args: any, egress: ["*:*"], private: true }] }, deny: { exec: [{ command: curl, egress: ["localhost:*"] }] } }]\n',
      '403',
    ],
  ])('an egress that is %s', async (_what, policy, status) => {
    await using server = await httpServer();
    await using scope = makeTestScope();
    const everything: JsonObject = {
      command: 'curl',
      args: 'any',
      egress: [`localhost:${server.port}`],
      private: true,
    };
    const grant = testGrant({
      manifest: { exec: [everything] },
      policy,
      origin: 'approved',
      // No layer of the workflow's widens it.
      workflow: { exec: [{ ...everything, egress: ['*:*'] }] },
      step: { exec: [everything] },
    });
    const answer = await callUnder(grant, 'exec.run', { args: curl(`http://localhost:${server.port}/`), scope });
    expect(answer).toMatchObject({ exit_code: 0, stdout: status });
    expect(server.seen).toHaveLength(status === '200' ? 1 : 0);
  });

  test('an approved plugin stays in profile workspace, whatever the layers say', async () => {
    await using scope = makeTestScope();
    const host: JsonObject = { command: 'bash', args: 'any', profile: 'host' };
    const grant = testGrant({
      manifest: { exec: [host] },
      policy: approvedOnly,
      origin: 'approved',
      step: { exec: [host] },
    });
    const args = { command: 'bash', args: ['-c', 'whoami; ls /root'], stdout: 'capture' };
    const answer = await callUnder(grant, 'exec.run', { args, scope });
    expect(answer).toMatchObject({ stdout: 'waterflow\n' });
    expect(scope.notes[0]).toMatchObject({ profile: 'workspace' });
  });
});
