import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { authorize } from './authorize.ts';
import { computeGrant } from './compute-grant.ts';
import { impliedCalls } from './implied-calls.ts';
import type { Observation } from './observation.ts';
import { testGrantRequest } from './testing/grant.ts';
import { tightestEntry } from './tightest.ts';

function entryOf(
  [capability, operation, args]: readonly [string, string, Json],
  seen: Observation = {},
): JsonObject | undefined {
  const tightest = tightestEntry({ capability, operation, args }, seen);
  return 'entry' in tightest ? tightest.entry : undefined;
}

/** What a grant of nothing but that entry says to another call of the capability. */
function under(capability: string, entry: JsonObject, [operation, args]: readonly [string, Json]): string {
  const computed = computeGrant(testGrantRequest({ manifest: { [capability]: [entry] } }));
  return 'error' in computed ? computed.error.code : authorize(computed.grant, { capability, operation, args }).kind;
}

describe('the least entry for a call', () => {
  it.each<[readonly [string, string, Json], Observation, JsonObject]>([
    [['net', 'request', { url: 'https://Example.com/a' }], {}, { url: 'https://example.com/a?', methods: ['GET'] }],
    [
      ['net', 'request', { url: 'http://127.0.0.1:81/*?x=*', method: 'put', headers: { Accept: '*', 'X-A': '1' } }],
      { private: true, secrets: ['T'] },
      { url: 'http://127.0.0.1:81/%2A?x=*', methods: ['PUT'], headers: ['x-a'], secrets: ['T'], private: true },
    ],
    [
      ['exec', 'run', { command: 'git', args: ['-C', { file: 'x' }], env: { A: '1' }, files: { x: { env: 'B' } } }],
      { profile: 'host' },
      { command: 'git', args: ['-C', { type: 'file' }], env: ['A', 'B'], profile: 'host' },
    ],
    [['exec', 'run', { command: '/bin/ls', step_env: true }], {}, { command: '/bin/ls', env: ['step'] }],
    [['fs', 'read', { path: './a//*.ts' }], {}, { read: 'a/\\*.ts' }],
    [['fs', 'copy', { from: 'a', to: 'b' }], {}, { read: ['a', 'a/**'], write: ['b', 'b/**'] }],
    [['fs', 'list', { path: 'a' }], {}, { read: 'a/*' }],
    [['fs', 'glob', { pattern: 'src/**/*.ts' }], {}, { read: 'src/**/*.ts' }],
    [['fs', 'pack', { from: 'a', to: 'b.tar' }], {}, { read: ['a', 'a/**'], write: 'b.tar' }],
    [['fs', 'unpack', { from: 'b.tar', to: 'a' }], {}, { read: 'b.tar', write: ['a', 'a/**'] }],
    [
      ['exec', 'run', { command: 'curl' }],
      { profile: 'workspace', egress: ['b.example:443', 'a.example:443'], private: true },
      { command: 'curl', egress: ['a.example:443', 'b.example:443'], private: true },
    ],
    [['store', 'set', { key: 'a/b', value: 1 }], {}, { keys: ['a/b'] }],
    [['store', 'list', { prefix: 'a/' }], {}, { keys: ['a/*'] }],
    [['store', 'list', {}], {}, { keys: ['*'] }],
    [
      [
        'mail',
        'send',
        { host: 'smtp.example.com', from: { address: 'a@x.example' }, to: ['c@x.example'], bcc: ['b@x.example'] },
      ],
      { secrets: ['P'] },
      { host: 'smtp.example.com', from: 'a@x.example', to: ['b@x.example', 'c@x.example'], secrets: ['P'] },
    ],
    [
      ['mail', 'send', { host: 'mx', port: 25, from: 'a@x.example', to: ['b@x.example'], reply_to: 'r@x.example' }],
      { tls: 'none', private: true },
      { host: 'mx', port: 25, from: 'a@x.example', to: ['b@x.example', 'r@x.example'], tls: 'none', private: true },
    ],
    [
      ['ssh', 'upload', { host: 'h', user: 'ci', from: 'out', to: '/srv/a*' }],
      {},
      { host: 'h', user: 'ci', write: ['/srv/a\\*', '/srv/a\\*/**'] },
    ],
    [
      ['ssh', 'upload', { host: 'h', user: 'ci', from: 'out', to: 'a', compare: 'time' }],
      { secrets: ['K'] },
      { host: 'h', user: 'ci', read: ['a', 'a/**'], write: ['a', 'a/**'], secrets: ['K'] },
    ],
    [['ssh', 'list', { host: 'h', user: 'ci', path: '/srv' }], {}, { host: 'h', user: 'ci', read: '/srv/*' }],
    [
      ['ssh', 'rename', { host: 'h', user: 'ci', from: 'a', to: 'b' }],
      {},
      { host: 'h', user: 'ci', read: ['a', 'a/**'], write: ['a', 'a/**', 'b', 'b/**'] },
    ],
    [
      ['docker', 'login', { registry: 'ghcr.io', username: 'u', password: 'p' }],
      { secrets: ['T'] },
      { images: ['ghcr.io/*'], operations: ['login'], secrets: ['T'] },
    ],
    [
      ['docker', 'exec', { container: 'c0ffee', command: ['ls'] }],
      { started: { image: 'alpine:3', network: 'bridge', ports: [{ container: 80, host: 8080 }] } },
      { images: ['alpine:3'], operations: ['exec'], network: 'bridge' },
    ],
    [
      ['docker', 'wait', { container: 'c0ffee' }],
      { started: { image: 'alpine:3', network: 'bridge' } },
      { images: ['alpine:3'], operations: ['run'] },
    ],
    [['secrets', 'get', { name: 'T' }], {}, { names: ['T'] }],
  ])('%j', (call, seen, entry) => {
    expect(entryOf(call, seen)).toEqual(entry);
  });

  it('of docker allows what the container asks for, and no more of it', () => {
    const run = (more: JsonObject): JsonObject | undefined =>
      entryOf(['docker', 'run', { image: 'alpine:3', ...more }]);
    const least = { images: ['alpine:3'], operations: ['run'] };
    expect(run({})).toEqual(least);
    expect(run({ network: 'bridge' })).toEqual({ ...least, network: 'bridge' });
    expect(run({ mounts: [{ path: 'a', target: '/a' }] })).toEqual({ ...least, mounts: ['workspace'] });
    expect(entryOf(['docker', 'pull', { image: 'alpine:*' }])).toBeUndefined();
  });

  it('of ssh is for that host, user, key and command', () => {
    const call = ['ssh', 'exec', { host: 'a.example.com', command: 'ls', args: ['-l'] }] as const;
    const hostKey = `SHA256:${'A'.repeat(43)}`;
    expect(entryOf(call, { user: 'ci', host_key: hostKey, secrets: ['KEY'] })).toEqual({
      host: 'a.example.com',
      user: 'ci',
      'host-key': hostKey,
      secrets: ['KEY'],
      commands: [{ command: 'ls', args: ['-l'] }],
    });
    expect(entryOf(call)).toBeUndefined();
  });

  it('is none where the call could not be allowed, or would be read as something else', () => {
    expect(entryOf(['net', 'request', { url: 'ftp://example.com' }])).toBeUndefined();
    expect(entryOf(['exec', 'run', { command: 'sh', args: ['${{ inputs.x }}'] }])).toBeUndefined();
    expect(entryOf(['exec', 'run', { command: '*' }])).toBeUndefined();
    expect(entryOf(['fs', 'read', { path: '../x' }])).toBeUndefined();
    // What was too long for the record.
    expect(entryOf(['exec', 'run', { command: 'sh', args: [{ sha256: 'ab', bytes: 9000 }] }])).toBeUndefined();
    expect(entryOf(['mail', 'send', { host: '*', from: 'a@x.example', to: ['b@x.example'] }])).toBeUndefined();
    expect(entryOf(['store', 'get', { key: 'a*' }])).toBeUndefined();
    expect(entryOf(['docker', 'create_volume', { name: 'v' }])).toBeUndefined();
  });

  it('names the files that a call brings with it', () => {
    const args = { url: 'https://example.com', body: { file: 'in' }, response: { file: 'out' } };
    expect(impliedCalls({ capability: 'net', operation: 'request', args })).toEqual([
      { capability: 'fs', operation: 'read', args: { path: 'in' } },
      { capability: 'fs', operation: 'write', args: { path: 'out', content: '' } },
    ]);
  });

  const odd = fc.string({
    unit: fc.constantFrom('a', 'b', '/', '*', '?', '%', '.', '\\', '[', '#', ' ', 'é', '-', '&'),
  });

  it('allows the call that it was made for and no other path', () => {
    fc.assert(
      fc.property(odd, odd, (path, other) => {
        const entry = entryOf(['fs', 'read', { path }]);
        fc.pre(entry !== undefined);
        expect(under('fs', entry, ['read', { path }])).toBe('allowed');
        const same = (text: string): string =>
          text
            .split('/')
            .filter((name) => name !== '' && name !== '.')
            .join('/');
        fc.pre(same(path) !== same(other));
        expect(under('fs', entry, ['read', { path: other }])).toBe('denied');
      }),
    );
  });

  it('allows the call that it was made for and no other URL', () => {
    fc.assert(
      fc.property(odd, odd, (path, other) => {
        const url = `https://example.com/${path}`;
        const entry = entryOf(['net', 'request', { url }]);
        fc.pre(entry !== undefined);
        expect(under('net', entry, ['request', { url }])).toBe('allowed');
        const different = new URL(`https://example.com/${other}`);
        const plain = (text: string): string => decodeURI(text).replaceAll(/%2a/gi, '*');
        const parts = (found: URL): string => plain(found.pathname + found.search);
        fc.pre(URL.canParse(url) && !/%/.test(path + other) && parts(new URL(url)) !== parts(different));
        expect(under('net', entry, ['request', { url: different.href }])).toBe('denied');
        expect(under('net', entry, ['request', { url, method: 'POST' }])).toBe('denied');
      }),
    );
  });

  it('allows the call that it was made for and no other arguments', () => {
    fc.assert(
      fc.property(fc.array(odd), fc.array(odd), (args, others) => {
        const entry = entryOf(['exec', 'run', { command: 'git', args }]);
        fc.pre(entry !== undefined && JSON.stringify(args) !== JSON.stringify(others));
        expect(under('exec', entry, ['run', { command: 'git', args }])).toBe('allowed');
        expect(under('exec', entry, ['run', { command: 'git', args: others }])).toBe('denied');
      }),
    );
  });
});
