import { describe, expect, test } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { authorize } from '../grants/authorize.ts';
import { testGrant } from '../grants/testing/grant.ts';
import type { Capability } from './capability.ts';
import { echoServer, execWithNames } from './exec/egress/testing/world.ts';
import type { ExecAnswer } from './exec/testing/run.ts';
import { createMailCapability } from './mail.ts';
import { createNetCapability } from './net.ts';
import { createSshCapability } from './ssh.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

const addresses: Readonly<Record<string, readonly string[]>> = {
  'denied.test': ['127.0.0.9'],
  'mapped.test': ['::ffff:127.0.0.9'],
  'mixed.test': ['93.184.216.34', '127.0.0.9'],
};
const lookup = async (name: string): Promise<{ address: string; family: number }[]> =>
  (addresses[name] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

/** One machine that the operator denies, in all of its spellings, and by the names that have its address. */
const spellings = [
  '127.0.0.9',
  '127.9',
  '[::ffff:127.0.0.9]',
  '[64:ff9b::7f00:9]',
  '[2002:7f00:9::1]',
  '[2001:db8::5efe:7f00:9]',
  'denied.test',
  'mapped.test',
  'mixed.test',
];

interface Case {
  readonly capability: Capability;
  readonly operation: string;
  readonly allow: JsonObject;
  readonly deny: (host: string) => JsonObject;
  readonly args: (host: string) => JsonObject;
}

const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');
const cases: readonly (readonly [string, Case])[] = [
  [
    'net',
    {
      capability: createNetCapability({ lookup, authorities: [], userAgent: 'test' }),
      operation: 'request',
      allow: { url: 'http://*:1', private: true },
      deny: (host) => ({ url: `http://${host}:1` }),
      args: (host) => ({ url: `http://${host}:1/`, timeout_ms: 200 }),
    },
  ],
  [
    'ssh',
    {
      capability: createSshCapability({ lookup }),
      operation: 'exec',
      allow: { host: '*', port: 1, user: 'ci', commands: [{ command: 'ls' }], private: true },
      deny: (host) => ({ host: bare(host), port: '*' }),
      args: (host) => ({ host: bare(host), port: 1, command: 'ls', timeout_ms: 200 }),
    },
  ],
  [
    'mail',
    {
      capability: createMailCapability({ lookup, authorities: [] }),
      operation: 'send',
      allow: { host: '*', port: 1, from: '*', to: '*', private: true },
      deny: (host) => ({ host: bare(host), port: '*' }),
      args: (host) => ({
        host: bare(host),
        port: 1,
        from: 'a@b.test',
        to: ['c@d.test'],
        subject: 'S',
        timeout_ms: 200,
      }),
    },
  ],
];

/** The policy allows everything there but what it denies. */
async function call({ capability, operation, allow, deny, args }: Case, denied: string, called: string): Promise<Json> {
  await using scope: TestScope = makeTestScope();
  const { name } = capability;
  const rules = [{ plugin: '*', allow: { [name]: [allow] }, deny: { [name]: [deny(denied)] } }];
  const grant = testGrant({ manifest: { [name]: [allow] }, policy: JSON.stringify({ version: 1, rules }) });
  const answer = authorize(grant, { capability: name, operation, args: args(called) });
  if (answer.kind !== 'allowed') throw answer.kind === 'denied' ? answer.denial : new TypeError(answer.message);
  return (await capability.operations[operation]?.perform(answer.authorized, scope)) ?? null;
}

const byTheRule = { code: 'DENIED', rule: expect.stringContaining('(deny)') };

describe.each(cases)('a deny of %s for an address', (_name, given) => {
  test.each(spellings)('holds for %s', async (host) => {
    await expect(call(given, '127.0.0.9', host)).rejects.toMatchObject(byTheRule);
  });

  test('holds however the rule writes it', async () => {
    await expect(call(given, '[::ffff:7f00:9]', '127.0.0.9')).rejects.toMatchObject(byTheRule);
  });

  test('leaves other addresses alone', async () => {
    const other = call(given, '127.0.0.8', 'denied.test');
    await expect(other).rejects.toBeInstanceOf(Error);
    await expect(other).rejects.not.toMatchObject(byTheRule);
  });
});

describe.skipIf(!(await needs('bwrap')))('a deny of a program’s egress to an address', () => {
  test('holds in all of its spellings, and for names that have it', async () => {
    await using server = await echoServer();
    await using scope = makeTestScope();
    const { port } = server;
    const exec = execWithNames({
      'local.test': ['127.0.0.1'],
      'mapped.test': ['::ffff:127.0.0.1'],
      'other.test': ['127.0.0.2'],
    });
    const allow = { command: 'bash', args: ['-c', { type: 'text' }], egress: ['*:*'], private: true };
    const rules = [
      { plugin: '*', allow: { exec: [allow] }, deny: { exec: [{ command: 'bash', egress: ['127.0.0.1:*'] }] } },
    ];
    const grant = testGrant({ manifest: { exec: [allow] }, policy: JSON.stringify({ version: 1, rules }) });
    const connect = (host: string): string =>
      `exec 3<>/dev/tcp/127.1.0.1/1080; printf 'CONNECT ${host}:${port} HTTP/1.1\\r\\n\\r\\n' >&3; read -r line <&3; echo "\${line:9:3}"; exec 3>&-`;
    const denied = ['127.0.0.1', '[::ffff:127.0.0.1]', '[64:ff9b::7f00:1]', 'local.test', 'mapped.test'];
    const args = {
      command: 'bash',
      args: ['-c', [...denied, 'other.test'].map(connect).join('\n')],
      stdout: 'capture',
      stderr: 'capture',
    };
    const answer = authorize(grant, { capability: 'exec', operation: 'run', args });
    expect(answer).toMatchObject({ kind: 'allowed' });
    const { authorized } = answer as Extract<typeof answer, { kind: 'allowed' }>; // As was expected just now.
    const ran = await exec.operations['run']?.perform(authorized, scope);
    const { stdout } = ran as unknown as ExecAnswer; // What perform() answers.
    const lines = (stdout ?? '').trim().split('\n');
    // Nothing listens at the one that isn't denied.
    expect(lines).toEqual([...denied.map(() => '403'), '502']);
    expect(server.seen).toEqual([]);
    expect(scope.logged.log).toContain('`local.test` has the address 127.0.0.1');
  });
});
