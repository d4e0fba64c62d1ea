/** Entries and calls of each capability, small enough that they often meet. */
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../schemas/index.ts';
import type { HostCall } from '../../host-call.ts';

/** What a capability's entries and calls are made of, and what a call that is let through may do, as a set of words. */
export interface Sample {
  readonly capability: string;
  readonly entry: fc.Arbitrary<JsonObject>;
  readonly call: fc.Arbitrary<HostCall>;
  /** More powers are more words: of two effective grants the one with fewer is no wider. */
  readonly powers: (effective: never) => readonly string[];
}

const few = <Value>(...values: readonly Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);
const some = <Value>(...values: readonly Value[]): fc.Arbitrary<Value[]> =>
  fc.uniqueArray(few(...values), { minLength: 1, maxLength: 3 });
const secretNames = ['A', 'B'] as const;

function calls(capability: string, operation: string, args: fc.Arbitrary<Json>): fc.Arbitrary<HostCall> {
  return args.map((value) => ({ capability, operation, args: value }));
}

const fs: Sample = {
  capability: 'fs',
  entry: fc
    .tuple(
      fc.record(
        { read: few('**', 'a', 'a/**', '*', '*/x', 'a/b/c'), write: few('**', 'a/*', 'out/**') },
        { requiredKeys: ['read'] },
      ),
      fc.record({ quota: few('1KiB', '2KiB') }, { requiredKeys: [] }),
    )
    .map(([paths, quota]) => ({ ...paths, ...quota })),
  call: fc.oneof(
    calls('fs', 'read', fc.record({ path: few('a', 'b', 'a/x', 'a/b', 'a/b/c', '../a', '/a') })),
    calls('fs', 'write', fc.record({ path: few('a', 'a/x', 'out/x'), content: fc.constant('') })),
    calls('fs', 'list', fc.record({ path: few('.', 'a', 'out') })),
    calls('fs', 'copy', fc.record({ from: few('a', 'a/x', 'b'), to: few('a/x', 'out/x', 'c') })),
  ),
  powers: ({ quota_bytes }: { readonly quota_bytes: number }) =>
    [1024, 2048, 4096].filter((bytes) => bytes <= quota_bytes).map((bytes) => `${bytes} bytes`),
};

const net: Sample = {
  capability: 'net',
  entry: fc.record(
    {
      url: few(
        'https://a.example.com',
        'https://*.example.com/x/*',
        'https://*/**',
        'https://a.example.com/x/**',
        'https://a.example.com:*/x/y?q=1',
      ),
      methods: some('GET', 'POST', '*'),
      headers: some('X-A', 'X-*', '*'),
      secrets: some(...secretNames, '*'),
      proxies: some('proxy.example.com:3128', '10.0.0.1:8080'),
    },
    { requiredKeys: ['url'] },
  ),
  call: calls(
    'net',
    'request',
    fc
      .record({
        url: few(
          'https://a.example.com/x/y',
          'https://a.example.com/x/y?q=1',
          'https://b.example.com/x/y',
          'https://example.com/',
          'https://a.example.com:81/x/y?q=1',
          'https://u@a.example.com/x/y',
        ),
        method: few('GET', 'POST', 'DELETE'),
        headers: few<JsonObject>({}, { 'X-A': '1' }, { Authorization: '1' }),
        proxy: few(undefined, undefined, 'proxy.example.com:3128', 'PROXY.example.com:3128', '10.0.0.1:8081'),
      })
      .map(({ proxy, ...args }) => (proxy === undefined ? args : { ...args, proxy })),
  ),
  powers: ({ secrets }: { readonly secrets: readonly { readonly secrets: readonly string[] }[] }) =>
    secretNames.filter((name) => secrets.every((layer) => layer.secrets.includes(name) || layer.secrets.includes('*'))),
};

const item = few<Json>(
  'clone',
  '--',
  { enum: ['-q', '-v'], optional: true },
  { type: 'text', repeat: true },
  { type: 'path' },
  { type: 'integer', optional: true, repeat: true },
);

const exec: Sample = {
  capability: 'exec',
  entry: fc.record(
    {
      command: few('git', '/usr/bin/git', '*', 'make'),
      args: fc.oneof(fc.constant('any'), fc.array(item, { maxLength: 3 })),
      env: fc.oneof(fc.constant('any'), some('A', 'AB*', 'step', '*')),
      secrets: some(...secretNames, '*'),
      profile: few('workspace', 'host'),
    },
    { requiredKeys: ['command'] },
  ),
  call: calls(
    'exec',
    'run',
    fc.record(
      {
        command: few('git', '/usr/bin/git', '/opt/git', 'make', './git'),
        args: fc.array(few('clone', '--', '-q', '-x', 'a', '7', '../b'), { maxLength: 3 }),
        env: few<JsonObject>({ A: '1' }, { ABC: '1' }, { LD_PRELOAD: '1' }),
        step_env: fc.boolean(),
      },
      { requiredKeys: ['command'] },
    ),
  ),
  powers: ({ profile, secrets }: { readonly profile: string; readonly secrets: readonly (readonly string[])[] }) => [
    ...(profile === 'host' ? ['the host'] : []),
    ...secretNames.filter((name) => secrets.every((names) => names.includes(name) || names.includes('*'))),
  ],
};

const secrets: Sample = {
  capability: 'secrets',
  entry: fc.record({ names: some<string>(...secretNames) }),
  call: calls('secrets', 'get', fc.record({ name: few('A', 'B', 'C') })),
  powers: () => [],
};

const variables: Sample = {
  capability: 'env',
  entry: fc.record({ names: fc.oneof(fc.constant('any'), some('A', 'AB*', '*', 'PATH', 'LD_*')) }),
  call: fc.oneof(
    calls(
      'env',
      'set',
      fc.record({ variables: few<JsonObject>({ A: '1' }, { ABC: '1', B: '' }, { LD_PRELOAD: '1' }) }),
    ),
    calls('env', 'add_path', fc.record({ folders: some('bin', '/opt/bin') })),
  ),
  powers: () => [],
};

const store: Sample = {
  capability: 'store',
  entry: fc.record({ keys: fc.oneof(few('*', 'a', 'a/*', 'b/c'), some('a', 'a/*', 'b/*')) }),
  call: fc.oneof(
    calls('store', 'get', fc.record({ key: few('a', 'a/b', 'b/c', 'c') })),
    calls('store', 'list', fc.record({ prefix: few('', 'a', 'a/', 'b/') })),
  ),
  powers: () => [],
};

const docker: Sample = {
  capability: 'docker',
  entry: fc.record(
    {
      images: some('alpine:3', '*', 'registry.example.com/*:1'),
      operations: some('run', 'pull', 'build'),
      network: few('none', 'run', 'bridge'),
      mounts: some('workspace', 'volume'),
      secrets: some(...secretNames, '*'),
      limits: fc.record({ memory: few('64MiB', '128MiB') }),
    },
    { requiredKeys: ['images', 'operations'] },
  ),
  call: fc.oneof(
    calls('docker', 'pull', fc.record({ image: few('alpine:3', 'alpine', 'registry.example.com/a:1') })),
    calls(
      'docker',
      'run',
      fc.record(
        {
          image: few('alpine:3', 'docker.io/library/alpine:3', 'registry.example.com/a:1'),
          network: few('none', 'run', 'bridge'),
          mounts: few<Json>([{ path: 'a', target: '/a' }], [{ volume: 'v', target: '/v' }]),
          limits: few<JsonObject>({ memory_bytes: 96 * 1024 ** 2 }, { memory_bytes: 1024 ** 3 }),
        },
        { requiredKeys: ['image'] },
      ),
    ),
  ),
  powers: ({ secrets: layers, limits }: DockerPowers) => [
    ...secretNames.filter((name) => layers.every((names) => names.includes(name) || names.includes('*'))),
    ...[64, 128, 256].filter((size) => size * 1024 ** 2 <= limits.memory_bytes).map((size) => `${size} MiB`),
  ],
};

interface DockerPowers {
  readonly secrets: readonly (readonly string[])[];
  readonly limits: { readonly memory_bytes: number };
}

const ssh: Sample = {
  capability: 'ssh',
  entry: fc.record(
    {
      host: few('a.example.com', '*.example.com', '*'),
      user: few('ci', '*'),
      'host-key': fc.constant(`SHA256:${'A'.repeat(43)}`),
      commands: fc.array(
        fc.record({ command: few('ls', '*'), args: fc.oneof(fc.constant('any'), fc.array(item, { maxLength: 2 })) }),
        { minLength: 1, maxLength: 2 },
      ),
      read: few('**', '/srv/**', 'a'),
      write: some('/srv/*', 'b'),
      secrets: some(...secretNames, '*'),
      private: fc.boolean(),
      limits: fc.record({ bytes: few('1KiB', '2KiB') }),
    },
    { requiredKeys: ['host', 'user', 'host-key'] },
  ),
  call: fc.oneof(
    calls(
      'ssh',
      'exec',
      fc.record(
        {
          host: few('a.example.com', 'b.example.com', 'example.com'),
          port: few(22, 2222),
          user: few('ci', 'root'),
          command: few('ls', 'cat'),
          args: fc.array(few('-q', 'clone', 'a'), { maxLength: 2 }),
        },
        { requiredKeys: ['host', 'command'] },
      ),
    ),
    calls('ssh', 'upload', fc.record({ host: few('a.example.com', 'b'), from: few('x'), to: few('/srv/a', 'b') })),
    calls('ssh', 'rename', fc.record({ host: few('a.example.com'), from: few('/srv/a'), to: few('/srv/b', 'b') })),
  ),
  powers: ({ logins, limits }: LoginPowers) => [...secretsLetIn(logins), ...sizesWithin(limits['bytes'])],
};

const mail: Sample = {
  capability: 'mail',
  entry: fc.record(
    {
      host: few('a.example.com', '*.example.com', '*'),
      from: some('a@x.example', '*@x.example', '*'),
      to: some('b@x.example', '*@*.example', '*'),
      tls: few('starttls', 'implicit'),
      secrets: some(...secretNames, '*'),
      private: fc.boolean(),
      limits: fc.record({ size: few('1KiB', '2KiB') }),
    },
    { requiredKeys: ['host'] },
  ),
  call: calls(
    'mail',
    'send',
    fc.record(
      {
        host: few('a.example.com', 'b.example.com', 'example.com'),
        from: few('a@x.example', 'A@X.example', 'c@y.example', '"a"@x.example'),
        to: fc.array(few('b@x.example', 'b@y.example', 'a@x.example, b@x.example'), { minLength: 1, maxLength: 2 }),
        bcc: fc.array(few('b@x.example', 'd@y.example'), { maxLength: 1 }),
        reply_to: few('a@x.example', 'z@y.example'),
        subject: fc.constant('S'),
      },
      { requiredKeys: ['host', 'from', 'to', 'subject'] },
    ),
  ),
  powers: ({ logins, limits }: LoginPowers) => [...secretsLetIn(logins), ...sizesWithin(limits['size'])],
};

/** What ssh and mail narrow to. */
interface LoginPowers {
  readonly logins: readonly { readonly secrets: readonly string[] }[];
  readonly limits: Readonly<Record<string, number | undefined>>;
}

/** By which another layer may log in. */
function secretsLetIn(logins: LoginPowers['logins']): readonly string[] {
  return secretNames.filter((name) =>
    logins.every(({ secrets: names }) => names.includes(name) || names.includes('*')),
  );
}

function sizesWithin(most: number | undefined): readonly string[] {
  return [1024, 2048, 4096]
    .filter((bytes) => bytes <= (most ?? Number.POSITIVE_INFINITY))
    .map((bytes) => `${bytes} bytes`);
}

/** One for each capability that entries can name. */
export const samples: readonly Sample[] = [fs, net, exec, secrets, store, docker, ssh, mail, variables];
