import { describe, expect, it } from 'vitest';
import type { Json } from '../../../schemas/index.ts';
import type { AuditedHostCall } from '../../audit/index.ts';
import { authorize } from '../../grants/authorize.ts';
import { testGrant } from '../../grants/testing/grant.ts';
import { readPolicy } from '../read.ts';
import { type LearnedPolicy, learn } from './learn.ts';
import { renderLearned } from './render.ts';

const digest = `sha256:${'a'.repeat(64)}`;

function recorded(
  [capability, operation, args]: readonly [string, string, Json],
  more: Partial<AuditedHostCall> = {},
): AuditedHostCall {
  return {
    tenant: 'default',
    run: 'run-1',
    job: 'build',
    step: '0',
    attempt: 1,
    plugin: { name: 'fetch', version: '1.0.0', digest },
    sequence: 1,
    at: '2026-11-28T12:00:00Z',
    invocation: 1,
    call: { capability, operation, args },
    truncated: false,
    decision: 'allowed',
    rules: [],
    result: 'ok',
    bytes: { in: 0 },
    ...more,
  };
}

async function learned(
  calls: readonly AuditedHostCall[],
  generalize: 'nothing' | 'ids' = 'nothing',
): Promise<LearnedPolicy> {
  async function* stream(): AsyncGenerator<AuditedHostCall> {
    yield* calls;
  }
  return await learn(stream(), { generalize });
}

const entriesOf = ({ plugins }: LearnedPolicy): readonly unknown[] =>
  plugins.flatMap(({ entries }) => entries.map(({ capability, entry, calls }) => [capability, entry, calls]));

const get = (url: string): readonly [string, string, Json] => ['net', 'request', { url }];

describe('what is learned from a record', () => {
  it('is an entry for each call, and how often it was made', async () => {
    const policy = await learned([
      recorded(get('https://example.com/a')),
      recorded(get('https://example.com/a')),
      recorded(['fs', 'read', { path: 'b' }]),
      recorded(['fs', 'write', { path: 'a', content: { sha256: 'ab', bytes: 5000 } }], { truncated: true }),
      recorded(['fs', 'read', { path: 'a' }]),
      recorded(['clock', 'now', {}]),
    ]);
    expect(entriesOf(policy)).toEqual([
      ['net', { url: 'https://example.com/a?', methods: ['GET'] }, 2],
      ['fs', { read: ['a', 'b'], write: ['a'] }, 3],
    ]);
    expect(policy.plugins[0]?.calls).toBe(5);
  });

  it('says how it was carried out', async () => {
    const policy = await learned([
      recorded(['exec', 'run', { command: 'git', stdout: { file: 'log' } }], {
        secrets: ['TOKEN'],
        facts: { profile: 'host' },
      }),
      recorded(get('http://build.internal/'), { facts: { address: '10.0.0.7', url: 'http://build.internal/' } }),
      recorded(get('https://example.com/'), {
        facts: { redirects: 1, url: 'https://cdn.example.com/x', address: '1.1.1.1' },
      }),
    ]);
    expect(entriesOf(policy)).toEqual([
      ['exec', { command: 'git', secrets: ['TOKEN'], profile: 'host' }, 1],
      ['fs', { write: 'log' }, 1],
      ['net', { url: 'http://build.internal/?', methods: ['GET'], private: true }, 1],
      ['net', { url: 'https://example.com/?', methods: ['GET'] }, 1],
      ['net', { url: 'https://cdn.example.com/x?', methods: ['GET'] }, 1],
    ]);
  });

  it('follows a redirect with what goes along', async () => {
    const redirected = (url: string, method: string): AuditedHostCall =>
      recorded(['net', 'request', { url: 'https://a.example.com/', method, headers: { 'X-Token': '***' } }], {
        secrets: ['T'],
        facts: { redirects: 1, url, address: '1.1.1.1' },
      });
    const own = { headers: ['x-token'], secrets: ['T'] };
    const first = { url: 'https://a.example.com/?', methods: ['GET'], ...own };
    expect(entriesOf(await learned([redirected('https://a.example.com/b', 'GET')]))).toEqual([
      ['net', first, 1],
      ['net', { url: 'https://a.example.com/b?', methods: ['GET'], ...own }, 1],
    ]);
    expect(entriesOf(await learned([redirected('https://b.example.com/', 'GET')]))).toEqual([
      ['net', first, 1],
      ['net', { url: 'https://b.example.com/?', methods: ['GET'] }, 1],
    ]);
    const posted = await learned([redirected('https://a.example.com/b', 'POST')]);
    expect(posted.left_out).toMatchObject([{ why: expect.stringContaining('with which method') }]);
  });

  it('is nothing of what was refused, by the grant or when it was carried out', async () => {
    const policy = await learned([
      recorded(get('https://example.com/'), { decision: 'denied', result: 'none' }),
      recorded(get('https://example.com/'), { result: 'denied' }),
      recorded(['nothing', 'x', {}], { decision: 'invalid', result: 'none' }),
    ]);
    expect(policy).toEqual({ plugins: [], left_out: [], refused: 3 });
  });

  it('leaves out, and says so, what the record has only in part', async () => {
    const policy = await learned([
      recorded(['exec', 'run', { command: 'curl', args: ['***'] }]),
      recorded(['exec', 'run', { command: 'curl', args: [`wf-secret-${'0'.repeat(32)}`] }]),
      recorded(['exec', 'run', { command: 'sh', args: ['-c', { sha256: 'ab', bytes: 5000 }] }]),
      recorded(['exec', 'run', { sha256: 'ab', bytes: 50_000 }]),
      recorded(get('https://example.com/***')),
      recorded(['exec', 'run', { command: 'sh', args: ['${{ inputs.x }}'] }]),
      recorded(get('https://example.com/'), {
        facts: { redirects: 3, url: 'https://b.example.com/', address: '1.1.1.1' },
      }),
    ]);
    expect(policy.left_out.map(({ call, why, calls }) => `${calls} ${call} ${why}`)).toEqual([
      '2 exec.run an argument holds a secret, which the record leaves out',
      '2 exec.run an argument was too long for the record',
      '1 net.request an argument holds a secret, which the record leaves out',
      '1 exec.run an argument holds `${{`',
      '1 net.request it was redirected more than once, and the record has only the first and the last URL',
    ]);
  });

  it('goes by the names of headers and variables, not by their values', async () => {
    const policy = await learned([
      recorded(['net', 'request', { url: 'https://example.com/', headers: { Authorization: '***' } }]),
      recorded([
        'exec',
        'run',
        { command: 'sh', env: { T: '***' }, stdin: '***', files: { s: { content: '***', env: 'F' } } },
      ]),
    ]);
    expect(policy.left_out).toEqual([]);
    expect(entriesOf(policy)).toMatchObject([
      ['net', { headers: ['authorization'] }, 1],
      ['exec', { command: 'sh', env: ['F', 'T'] }, 1],
    ]);
  });

  it('takes ids in paths for any, if it is asked to', async () => {
    const calls = [
      recorded(get('https://example.com/builds/4711/log?q=1')),
      recorded(get('https://example.com/builds/4712/log?q=1')),
      recorded(['fs', 'read', { path: 'cache/0a1b2c3d4e/added' }]),
    ];
    expect(entriesOf(await learned(calls))).toHaveLength(3);
    expect(entriesOf(await learned(calls, 'ids'))).toEqual([
      ['net', { url: 'https://example.com/builds/*/log?q=1', methods: ['GET'] }, 2],
      ['fs', { read: 'cache/*/added' }, 1],
    ]);
  });
});

describe('what a program did on its way', () => {
  const within = (sequence: number, call: readonly [string, string, Json], more: Partial<AuditedHostCall> = {}) =>
    recorded(call, { sequence, within: 1, ...more });
  const connect = (endpoint: string): readonly [string, string, Json] => ['exec', 'connect', { endpoint }];

  it('is egress of its exec, and of no other', async () => {
    const policy = await learned([
      within(2, connect('api.example.com:443'), { facts: { address: '1.1.1.1' } }),
      within(3, connect('[fd00::1]:80'), { result: 'unknown' }),
      within(4, connect('evil.example.com:443'), { decision: 'denied', result: 'none' }),
      within(5, connect('rebound.example.com:443'), { result: 'denied' }),
      // The entry of an exec lists no more than so many, which are on record one by one.
      recorded(['exec', 'run', { command: 'curl' }], { facts: { egress: { endpoints: [], not_listed: 9 } } }),
      recorded(['exec', 'run', { command: 'ls' }], { sequence: 6 }),
    ]);
    expect(entriesOf(policy)).toEqual([
      ['exec', { command: 'curl', egress: ['[fd00::1]:80', 'api.example.com:443'], private: true }, 1],
      ['exec', { command: 'ls' }, 1],
    ]);
    expect(policy).toMatchObject({ refused: 2, left_out: [] });
  });

  it('is docker, as if the plugin had asked for it; what is asked of a container is granted with it', async () => {
    const container = 'c'.repeat(64);
    const policy = await learned([
      within(2, ['docker', 'start', { image: 'alpine:3', network: 'none' }], { facts: { container } }),
      within(3, ['docker', 'request', { request: `POST /containers/${container}/start`, container }]),
      within(4, ['docker', 'logs', { container }]),
      within(5, ['docker', 'build', { tag: 'mine:1', network: 'none' }]),
      recorded(['exec', 'run', { command: 'docker', docker: true }]),
    ]);
    expect(policy.left_out).toEqual([]);
    expect(entriesOf(policy).map((entry) => JSON.stringify(entry))).toEqual([
      expect.stringContaining('"alpine:3"'),
      expect.stringContaining('"logs"'),
      expect.stringContaining('"mine:1"'),
      expect.stringContaining('"exec"'),
    ]);
  });
});

describe('a proposal that is applied', () => {
  const container = 'c'.repeat(64);
  const ran: readonly (readonly [readonly [string, string, Json], Partial<AuditedHostCall>])[] = [
    [
      ['exec', 'run', { command: 'curl' }],
      {
        secrets: ['A'],
        facts: {
          profile: 'workspace',
          egress: {
            endpoints: [
              { endpoint: 'api.example.com:443', address: '1.1.1.1', connections: 1 },
              { endpoint: '::1:80', address: '::1', connections: 1 },
              { endpoint: 'evil.example.com:443', refused: 'not granted', connections: 1 },
            ],
          },
        },
      },
    ],
    [
      ['exec', 'run', { command: 'curl', env: { X: '1' } }],
      {
        secrets: ['B'],
        facts: { profile: 'workspace', egress: { endpoints: [{ endpoint: 'b.example.com:1', address: '1.1.1.1' }] } },
      },
    ],
    [['docker', 'start', { image: 'alpine:3', network: 'run' }], { facts: { container, pulled: true } }],
    [['docker', 'exec', { container, command: ['ls'] }], { facts: { container } }],
    [['docker', 'logs', { container }], { facts: { container } }],
    [
      ['ssh', 'exec', { host: 'h.example.com', command: 'ls' }],
      { secrets: ['KEY'], facts: { user: 'ci', host_key: `SHA256:${'A'.repeat(43)}`, address: '10.0.0.1' } },
    ],
    [
      [
        'mail',
        'send',
        { host: 'mx.example.com', from: 'a@x.example', to: ['b@x.example'], subject: '***', text: '***' },
      ],
      { secrets: ['P'], facts: { user: 'robot', tls: 'starttls', address: '1.1.1.1' } },
    ],
    [['store', 'set', { key: 'a', value: { sha256: 'ab', bytes: 9000 } }], {}],
    [['fs', 'pack', { from: 'out', to: 'out.tar' }], {}],
  ];

  it('allows each of the calls again, and gives it what it had', async () => {
    const policy = await learned(ran.map(([call, more]) => recorded(call, more)));
    expect(policy.left_out).toEqual([]);
    const entries = entriesOf(policy);
    expect(entries).toContainEqual([
      'exec',
      {
        command: 'curl',
        egress: ['[::1]:80', 'api.example.com:443', 'b.example.com:1'],
        secrets: ['A', 'B'],
        private: true,
        env: ['X'],
      },
      2,
    ]);
    expect(entries).toContainEqual(['docker', { images: ['alpine:3'], operations: ['pull'] }, 1]);
    expect(entries).toContainEqual(['docker', { images: ['alpine:3'], operations: ['exec'], network: 'run' }, 1]);
    const text = renderLearned(policy, { by: 'name', builtIn: new Set(), source: 'run-1' });
    const requested = Map.groupBy(
      policy.plugins.flatMap((plugin) => plugin.entries),
      ({ capability }) => capability,
    );
    const manifest = Object.fromEntries([...requested].map(([name, found]) => [name, found.map(({ entry }) => entry)]));
    const grant = testGrant({ manifest, policy: text, name: 'fetch' });
    const refused = ran
      .map(([[capability, operation, args]]) => ({ capability, operation, args }))
      .map((call) => ({ call, answer: authorize(grant, call) }))
      .filter(({ call, answer }) => answer.kind !== 'allowed' && call.capability !== 'store');
    expect(refused).toEqual([]);
    expect(authorize(grant, { capability: 'store', operation: 'set', args: { key: 'a', value: 1 } }).kind).toBe(
      'allowed',
    );
    const other = { capability: 'ssh', operation: 'exec', args: { host: 'h.example.com', command: 'cat' } };
    expect(authorize(grant, other).kind).toBe('denied');
  });

  it('says where the record does not list all that a program connected to', async () => {
    const { left_out } = await learned([
      recorded(['exec', 'run', { command: 'x' }], { facts: { egress: { endpoints: [], bytes: 0, not_listed: 3 } } }),
    ]);
    expect(left_out).toMatchObject([{ why: 'its program connected to more than the record lists' }]);
  });
});

describe('the policy that is printed', () => {
  const options = { by: 'digest', builtIn: new Set(['run']), source: 'run-1' } as const;

  it('is one, whatever the plugins did and call themselves', async () => {
    const evil = [
      'exec',
      'run',
      { command: 'sh', args: ['\u202ea', 'a\nb: c', '\u001b[2J', '# x', '- y', 'null'] },
    ] as const;
    const plugin = { name: 'fetch', version: '1.0.0\n  - plugin: "*"\u2028', digest };
    const text = renderLearned(
      await learned([recorded(evil, { plugin }), recorded(get('https://example.com/'))]),
      options,
    );
    expect(['\u202e', '\u2028', '\u001b'].filter((character) => text.includes(character))).toEqual([]);
    const read = readPolicy(text, 'learned.yaml');
    expect('policy' in read && read.policy.content.rules).toEqual([
      {
        plugin: digest,
        allow: {
          exec: [{ command: 'sh', args: evil[2].args }],
          net: [{ url: 'https://example.com/?', methods: ['GET'] }],
        },
      },
    ]);
  });

  it('selects built-in nodes by their name, and others so where that is asked for', async () => {
    const calls = [
      recorded(get('https://example.com/')),
      recorded(get('https://example.com/'), {
        plugin: { name: 'run', version: '1.0.0', digest: digest.replace('a', 'b') },
      }),
    ];
    const policy = await learned(calls);
    const selectors = (text: string): readonly string[] => text.match(/(?<=plugin: ).*/g) ?? [];
    expect(selectors(renderLearned(policy, options))).toEqual([digest, 'run']);
    expect(selectors(renderLearned(policy, { ...options, by: 'name' }))).toEqual(['fetch', 'run']);
  });

  it('allows nothing where nothing was done', async () => {
    const text = renderLearned(await learned([]), options);
    expect(readPolicy(text, 'learned.yaml')).toMatchObject({ policy: { content: { rules: [] } } });
  });
});
