import { describe, expect, it } from 'vitest';
import type { Json, Permissions } from '../../schemas/index.ts';
import { authorize } from './authorize.ts';
import { grantOf, type Way, ways } from './testing/filled.ts';

const x = '${{ inputs.x }}';

/** What comes of a call under entries that read an input `x` of that value. */
function outcome(
  way: Way,
  [permissions, value, call]: readonly [
    Permissions,
    Json,
    readonly [capability: string, operation: string, args: Json],
  ],
): string {
  const computed = grantOf(way, { permissions, inputs: { x: value } });
  if ('error' in computed) return computed.error.code;
  const [capability, operation, args] = call;
  return authorize(computed.grant, { capability, operation, args }).kind;
}

const git = (...args: string[]): readonly [string, string, Json] => ['exec', 'run', { command: 'git', args }];
const read = (path: string): readonly [string, string, Json] => ['fs', 'read', { path }];
const get = (url: string): readonly [string, string, Json] => ['net', 'request', { url }];

describe.each(ways)('in %s, a value of an input widens nothing', (way) => {
  it.each<[string, Permissions, Json, readonly [string, string, Json]]>([
    ['the keyword for any arguments', { exec: [{ command: 'git', args: x }] }, 'any', git('push')],
    [
      'an option among the arguments',
      { exec: [{ command: 'git', args: ['clone', x] }] },
      '--upload-pack=evil',
      git('clone', '--upload-pack=evil'),
    ],
    ['any program', { exec: [{ command: x, args: 'any' }] }, '*', git('push')],
    ['the profile', { exec: [{ command: 'git', args: 'any', profile: x }] }, 'host', git('push')],
    ['the keyword for any secret', { exec: [{ command: 'git', secrets: x }] }, 'any', git()],
    ["the step's environment", { exec: [{ command: 'git', env: [x] }] }, 'step', git()],
    ['a pattern of hosts', { net: [{ url: `https://${x}.example.com/**` }] }, '*', get('https://a.example.com/')],
    [
      'another host',
      { net: [{ url: `https://${x}.example.com/**` }] },
      'evil.com/',
      get('https://evil.com/.example.com/'),
    ],
    [
      'another host, by a fragment',
      { net: [{ url: `https://${x}.example.com/**` }] },
      'evil.com#',
      get('https://evil.com/'),
    ],
    [
      'another host, by a user name',
      { net: [{ url: `https://${x}.example.com/**` }] },
      'a@evil.com:80/?',
      get('https://evil.com:80/'),
    ],
    [
      'a pattern of paths',
      { net: [{ url: `https://example.com/${x}/file` }] },
      '**',
      get('https://example.com/a/b/file'),
    ],
    [
      'a path above',
      { net: [{ url: `https://example.com/repos/${x}/*` }] },
      '../admin',
      get('https://example.com/admin/x'),
    ],
    [
      'a path above, encoded',
      { net: [{ url: `https://example.com/repos/${x}/*` }] },
      '%2e%2e/admin',
      get('https://example.com/admin/x'),
    ],
    ['any header', { net: [{ url: 'https://example.com/**', headers: x }] }, 'any', get('https://example.com/')],
    ['another secret', { secrets: [{ names: [x] }] }, 'A B', ['secrets', 'get', { name: 'A' }]],
    ['any depth, by nothing between two stars', { fs: [{ read: `out/*${x}*` }] }, '', read('out/a/b')],
    ['any depth of a URL', { net: [{ url: `https://example.com/*${x}*` }] }, '', get('https://example.com/a/b')],
    ['a pattern, by a backslash before it', { fs: [{ read: `out/a\\${x}` }] }, '*', read('out/a\\b')],
    ['any key', { store: [{ keys: `${x}*` }] }, '', ['store', 'get', { key: 'a' }]],
    ['any host to reach', { exec: [{ command: 'git', args: 'any', egress: [x] }] }, '*:443', git('push')],
  ])('not as %s', (_what, manifest, value, call) => {
    expect(['INVALID_INPUT', 'denied']).toContain(outcome(way, [manifest, value, call]));
  });

  it.each<[string, Permissions, Json, readonly [string, string, Json]]>([
    ['a URL', { net: [{ url: x }] }, 'https://example.com/a?b=*', get('https://example.com/a?b=*')],
    [
      'a part of a path',
      { net: [{ url: `https://example.com/repos/${x}/*` }] },
      'owner/name',
      get('https://example.com/repos/owner/name/file'),
    ],
    ['an argument', { exec: [{ command: 'git', args: ['clone', x] }] }, 'a b*', git('clone', 'a b*')],
    ["a secret's name", { secrets: [{ names: [x] }] }, 'TOKEN', ['secrets', 'get', { name: 'TOKEN' }]],
  ])('but stands for itself as %s', (_what, manifest, value, call) => {
    expect(outcome(way, [manifest, value, call])).toBe('allowed');
  });
});
