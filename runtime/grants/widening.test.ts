/**
 * Whatever an input holds, an entry with it means that text in that place: nothing that the entry's author didn't write widens, neither in
 * a manifest nor in a workflow file.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { parseImageName } from '../capabilities/docker/image-name.ts';
import { authorize } from './authorize.ts';
import { grantOf, type Way, ways } from './testing/filled.ts';

const x = '${{ inputs.x }}';

/** An entry in which the input stands, and calls in which any text stands in that same place. */
interface Place {
  readonly capability: string;
  readonly operation: string;
  readonly entry: JsonObject;
  readonly call: (text: string) => JsonObject;
  /** Texts that are one and the same there; default the text itself. */
  readonly canonical?: (text: string) => string;
  /** Whether a call with that text is one at all; one that isn't is refused when it is carried out. */
  readonly isCall?: (text: string) => boolean;
  /** A manifest has such an entry only by a policy that writes it out, and that of these tests allows what is requested. */
  readonly isWrittenOut?: true;
}

const path = (text: string): string =>
  text
    .split('/')
    .filter((name) => name !== '' && name !== '.')
    .join('/');
const lower = (text: string): string => text.toLowerCase();
const lastName = (text: string): string => text.split('/').at(-1) ?? '';

/** As a server sees it, with a `*` and its encoding for the same. */
function url(make: (text: string) => string): (text: string) => string {
  return (text) => {
    const made = make(text);
    if (!URL.canParse(made)) return made;
    const read = new URL(made);
    return `${read.origin} ${read.pathname.replaceAll(/%([2-7][0-9a-f])/gi, (_all, code: string) => {
      const character = String.fromCharCode(Number.parseInt(code, 16));
      return '/\\%?#'.includes(character) ? `%${code.toUpperCase()}` : character;
    })} ${read.search}`;
  };
}

const get = (make: (text: string) => string): Pick<Place, 'capability' | 'operation' | 'call' | 'canonical'> => ({
  capability: 'net',
  operation: 'request',
  call: (text) => ({ url: make(text) }),
  canonical: url(make),
});
const git = { capability: 'exec', operation: 'run' } as const;
const fs = { capability: 'fs', operation: 'read' } as const;

const inPath = (text: string): string =>
  `https://example.com/repos/${text.replaceAll(/[?#]/g, encodeURIComponent)}/file`;
const inHost = (text: string): string => `https://${text}.example.com/a`;
const whole = (text: string): string => text;
const inQuery = (text: string): string => `https://example.com/a?q=${text.replaceAll('#', '%23')}`;

const ssh = { capability: 'ssh', operation: 'exec' } as const;
const login: JsonObject = {
  host: 'a.example.com',
  user: 'ci',
  'host-key': `SHA256:${'A'.repeat(43)}`,
  password: 'P',
  commands: [{ command: 'ls' }],
};
const listing: JsonObject = { host: 'a.example.com', command: 'ls' };

const mail = { capability: 'mail', operation: 'send' } as const;
const sending: JsonObject = { host: 'mx.example.com', from: '*', to: '*' };
const message: JsonObject = { host: 'mx.example.com', from: 'a@x.example', to: ['b@x.example'], subject: 'S' };

/** Docker's own short forms of names. */
function image(text: string): string {
  const name = text.replace(/^(?:index\.)?docker\.io\//, '').replace(/^library\//, '');
  return /[:@]/.test(name.split('/').at(-1) ?? '') ? name : `${name}:latest`;
}

/** As the WHATWG parser reads it. */
function host(text: string): string {
  const address = `http://${text}/`;
  return URL.canParse(address) ? new URL(address).hostname.replace(/\.$/, '') : text;
}

const places: readonly (readonly [string, Place])[] = [
  ['a segment of a URL', { entry: { url: `https://example.com/repos/${x}/file` }, ...get(inPath) }],
  ['the host of a URL', { entry: { url: `https://${x}.example.com/**` }, ...get(inHost) }],
  ['the query of a URL', { entry: { url: `https://example.com/a?q=${x}` }, ...get(inQuery) }],
  ['a whole URL', { entry: { url: x }, ...get(whole) }],
  [
    'a method',
    {
      capability: 'net',
      operation: 'request',
      entry: { url: 'https://example.com', methods: [x] },
      call: (text) => ({ url: 'https://example.com/', method: text }),
      canonical: (text) => text.toUpperCase(),
    },
  ],
  [
    'a header',
    {
      capability: 'net',
      operation: 'request',
      entry: { url: 'https://example.com', headers: [x] },
      call: (text) => ({ url: 'https://example.com/', headers: { [text]: '1' } }),
      canonical: lower,
    },
  ],
  [
    'a command',
    {
      ...git,
      entry: { command: x },
      call: (text) => ({ command: text }),
      canonical: lastName,
      isWrittenOut: true,
    },
  ],
  [
    'an argument',
    {
      ...git,
      entry: { command: 'git', args: ['clone', x] },
      call: (text) => ({ command: 'git', args: ['clone', text] }),
    },
  ],
  [
    'a choice of arguments',
    {
      ...git,
      entry: { command: 'git', args: [{ enum: ['-q', x] }] },
      call: (text) => ({ command: 'git', args: [text] }),
      canonical: (text) => text,
    },
  ],
  [
    'a prefix of an argument',
    {
      ...git,
      entry: { command: 'git', args: [{ prefix: `--at=${x}/`, type: 'integer' }] },
      call: (text) => ({ command: 'git', args: [`--at=${text}/7`] }),
    },
  ],
  [
    'a list of arguments',
    {
      ...git,
      entry: { command: 'git', args: ['clone', x] },
      call: (text) => ({ command: 'git', args: ['clone', ...text.split(' ')] }),
    },
  ],
  [
    'a variable',
    { ...git, entry: { command: 'git', env: [x] }, call: (text) => ({ command: 'git', env: { [text]: '1' } }) },
  ],
  ['a path', { ...fs, entry: { read: x }, call: (text) => ({ path: text }), canonical: path }],
  [
    'a part of a path',
    { ...fs, entry: { read: `out/${x}/log` }, call: (text) => ({ path: `out/${text}/log` }), canonical: path },
  ],
  [
    'a part of a name',
    {
      ...fs,
      entry: { read: `out/${x}.log` },
      call: (text) => ({ path: `out/${text}.log` }),
      canonical: (text) => path(`out/${text}.log`),
    },
  ],
  ['a list of paths', { ...fs, entry: { read: [x] }, call: (text) => ({ path: text }), canonical: path }],
  [
    'the name of a secret',
    { capability: 'secrets', operation: 'get', entry: { names: [x] }, call: (text) => ({ name: text }) },
  ],
  ['a key', { capability: 'store', operation: 'get', entry: { keys: x }, call: (text) => ({ key: text }) }],
  [
    'a part of a key',
    { capability: 'store', operation: 'get', entry: { keys: `a/${x}/b` }, call: (text) => ({ key: `a/${text}/b` }) },
  ],
  [
    'a part of the name of an image',
    {
      capability: 'docker',
      operation: 'pull',
      entry: { images: [`registry.example.com/${x}:1`], operations: ['pull'] },
      call: (text) => ({ image: `registry.example.com/${text}:1` }),
      isCall: (text) => 'image' in parseImageName(`registry.example.com/${text}:1`),
    },
  ],
  [
    'an image',
    {
      capability: 'docker',
      operation: 'pull',
      entry: { images: [x], operations: ['pull'] },
      call: (text) => ({ image: text }),
      canonical: image,
      isCall: (text) => 'image' in parseImageName(text),
    },
  ],
  [
    'a host to log in at',
    { ...ssh, entry: { ...login, host: x }, call: (text) => ({ ...listing, host: text }), canonical: host },
  ],
  ['whom to log in as', { ...ssh, entry: { ...login, user: x }, call: (text) => ({ ...listing, user: text }) }],
  [
    'a command there',
    { ...ssh, entry: { ...login, commands: [{ command: x }] }, call: (text) => ({ ...listing, command: text }) },
  ],
  [
    'an argument there',
    {
      ...ssh,
      entry: { ...login, commands: [{ command: 'ls', args: [x] }] },
      call: (text) => ({ ...listing, args: [text] }),
    },
  ],
  [
    'a path there',
    {
      capability: 'ssh',
      operation: 'stat',
      entry: { ...login, read: `/srv/${x}` },
      call: (text) => ({ host: 'a.example.com', path: `/srv/${text}` }),
      canonical: path,
    },
  ],
  [
    'a mail server',
    { ...mail, entry: { ...sending, host: x }, call: (text) => ({ ...message, host: text }), canonical: host },
  ],
  [
    'whom mail is from',
    { ...mail, entry: { ...sending, from: x }, call: (text) => ({ ...message, from: text }), canonical: lower },
  ],
  [
    'whom mail goes to',
    { ...mail, entry: { ...sending, to: [x] }, call: (text) => ({ ...message, to: [text] }), canonical: lower },
  ],
  [
    'the name of a mailbox',
    {
      ...mail,
      entry: { ...sending, to: [`${x}@x.example`] },
      call: (text) => ({ ...message, to: [`${text}@x.example`] }),
      canonical: lower,
    },
  ],
];

/** What has been a syntax somewhere. */
const hostile = [
  '*',
  '**',
  '?',
  'a*',
  '../a',
  '/../a',
  'a/..',
  '.',
  '..',
  '%2e%2e',
  '%2f',
  'a%2Fb',
  '%00',
  '\0',
  'a@b',
  'user:pass@evil.com',
  'evil.com',
  'evil.com/',
  'evil.com#',
  'evil.com?',
  'a:81',
  ':81',
  'a\nb',
  '\r\n',
  'a\tb',
  '\\',
  'a\\b',
  '[',
  ']',
  '{a,b}',
  '!a',
  'a。b',
  'a．b',
  '／',
  '\u202e',
  '\ue000',
  '\ue001',
  '\ue000a\ue001',
  '\ud800',
  '-x',
  '--',
  'any',
  'step',
  'host',
  'GET',
  'DELETE',
  'a b',
  '',
  '${{ inputs.y }}',
  'https://evil.com/',
  'https://example.com/*',
  'file:///etc/passwd',
  'LD_PRELOAD',
  'LD_*',
  '*.example.com',
  '1',
  'true',
] as const;

const part = fc.oneof(fc.constantFrom(...hostile), fc.constantFrom('a', 'b', '/', '.'), fc.string({ maxLength: 3 }));
const text = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(''));

function allows({ capability, operation, entry }: Place, way: Way, value: Json, args: JsonObject): boolean {
  const computed = grantOf(way, { permissions: { [capability]: [entry] }, inputs: { x: value, y: 'other' } });
  return 'grant' in computed && authorize(computed.grant, { capability, operation, args }).kind === 'allowed';
}

describe.each(ways)('in %s', (way) => {
  describe.each(places)('an input as %s', (_what, place) => {
    it('allows that very text there, and no other', () => {
      const { canonical = whole, isCall = () => true } = place;
      fc.assert(
        fc.property(text, text, (value, other) => {
          fc.pre(canonical(value) !== canonical(other) && isCall(other));
          expect(allows(place, way, value, place.call(other))).toBe(false);
        }),
        { numRuns: 200 },
      );
    });

    it('stands for itself', () => {
      const allowed = ['abc', 'ABC', 'https://example.com/abc', 'abc@x.example'].some((value) =>
        allows(place, way, value, place.call(value)),
      );
      expect(allowed).toBe(way !== 'a manifest' || place.isWrittenOut !== true);
    });
  });
});

describe.each(places)('in a layer of a workflow file, as %s', (_what, place) => {
  const way = 'a layer of a workflow file';

  it('a list or an object allows nothing', () => {
    const value = fc.oneof(fc.array(text, { maxLength: 2 }), fc.dictionary(text, text, { maxKeys: 2 }));
    fc.assert(
      fc.property(value, text, (given, other) => {
        expect(allows(place, way, given, place.call(other))).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('a number or a truth value allows at most its text', () => {
    const { canonical = whole, isCall = () => true } = place;
    fc.assert(
      fc.property(fc.oneof(fc.integer(), fc.boolean()), text, (given, other) => {
        fc.pre(canonical(String(given)) !== canonical(other) && isCall(other));
        expect(allows(place, way, given, place.call(other))).toBe(false);
      }),
      { numRuns: 50 },
    );
  });
});
