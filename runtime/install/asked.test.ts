import { describe, expect, it } from 'vitest';
import type { Approved } from '../../schemas/generated/lockfile.ts';
import { readManifest } from '../manifest/read.ts';
import { askedBy, askedInWords } from './asked.ts';
import { changesOf, moreThan } from './changes.ts';

/** What a plugin with these lines in its manifest asks for. */
function asked(lines: string): Approved {
  const text = `name: acme-tool\nversion: 1.0.0\ndescription: x\nruntime: isolate\nmain: index.ts\n${lines}`;
  const read = readManifest(text, 'plugin.yaml');
  if ('errors' in read) throw new TypeError(JSON.stringify(read.errors));
  return askedBy(read.manifest);
}

const net = (url: string, rest = ''): string => `permissions: { net: [{ url: "${url}"${rest}, reason: asks there }] }`;
const withInput = (value: string, entry: string): string =>
  `inputs: { place: { type: string, default: "${value}" }, other: { type: string, default: "${value}" } }\npermissions: { net: [{ url: "${entry}", reason: x }] }`;

describe('what an update asks for beyond what is approved', () => {
  it.each([
    ['nothing', '', ''],
    ['the same', net('https://example.com/a'), net('https://example.com/a')],
    ['less', net('https://example.com/*'), net('https://example.com/a')],
    ['nothing any more', net('https://example.com/a'), ''],
    ['fewer methods', net('https://example.com/a', ', methods: ["*"]'), net('https://example.com/a')],
    ['another reason', net('https://example.com/a'), net('https://example.com/a').replace('asks', 'goes')],
    ['a lower limit', 'limits: { memory: 128MiB }', 'limits: { memory: 96MiB }'],
    ['another default that fills nothing', withInput('a', 'https://a.com/'), withInput('b', 'https://a.com/')],
  ])('is nothing where it is %s', (_what, before, after) => {
    expect(moreThan(asked(before), asked(after))).toEqual([]);
  });

  it.each([
    ['an entry', '', net('https://example.com/a'), [{ kind: 'added', about: 'net', reason: 'asks there' }]],
    [
      'a wider pattern',
      net('https://example.com/a'),
      net('https://example.com/*'),
      [{ kind: 'widened', about: 'net', was: expect.stringContaining('https://example.com/a') }],
    ],
    [
      'more methods',
      net('https://example.com/a'),
      net('https://example.com/a', ', methods: [GET, HEAD, DELETE]'),
      [{ kind: 'widened', what: expect.stringContaining('DELETE'), was: expect.stringContaining('GET, HEAD') }],
    ],
    [
      'private addresses',
      net('https://example.com/a'),
      net('https://example.com/a', ', private: true'),
      [{ kind: 'widened', what: expect.stringContaining('private addresses too') }],
    ],
    [
      'another place',
      net('https://example.com/a'),
      net('https://example.org/a'),
      [{ kind: 'added', about: 'net', what: expect.stringContaining('https://example.org/a') }],
    ],
    ['more memory', '', 'limits: { memory: 65MiB }', [{ kind: 'widened', about: 'limits', was: '64MiB' }]],
    ['more time', '', 'limits: { timeout: 601s }', [{ kind: 'widened', about: 'limits', was: '10m' }]],
    [
      'another default of an input that fills an entry',
      withInput('https://a.com', '${{ inputs.place }}/*'),
      withInput('https://b.com', '${{ inputs.place }}/*'),
      [{ kind: 'changed', about: 'inputs', was: '"https://a.com"', what: expect.stringContaining('`place`') }],
    ],
    [
      'another default where an expression reads inputs in a way that names none',
      withInput('https://a.com', "${{ inputs[format('pl{0}', 'ace')] }}/*"),
      withInput('https://b.com', "${{ inputs[format('pl{0}', 'ace')] }}/*"),
      [{ about: 'inputs' }, { about: 'inputs' }],
    ],
  ])('is %s', (_what, before, after, more) => {
    expect(moreThan(asked(before), asked(after))).toMatchObject(more);
  });
});

describe('what a plugin asks for, in words', () => {
  it('is a sentence of its capability for each entry, with its reason', () => {
    expect(askedInWords(asked(net('https://example.com/a')))).toEqual([
      {
        about: 'net',
        what: 'request https://example.com/a with GET, HEAD, at public addresses only',
        reason: 'asks there',
      },
    ]);
  });

  it('has what inputs decide in its place, and says what it can become', () => {
    expect(askedInWords(asked(withInput('a', 'https://${{ inputs.place }}/')))).toMatchObject([
      {
        about: 'net',
        what: 'request https://${{ inputs.place }}/ with GET, HEAD, at public addresses only; `place` is whatever a step gives, "a" where it gives none',
      },
    ]);
  });

  it('is nothing where nothing is asked for', () => {
    expect(askedInWords(asked(''))).toEqual([]);
  });

  it.each([
    [
      'net: [{ url: "http://10.0.0.1/", private: true, reason: r }]',
      '; `private` takes effect only with an entry in the policy that says so, too',
    ],
    [
      'net: [{ url: "http://a.example/", proxies: ["p:1"], private: true, reason: r }]',
      '; `proxies` and `private` take effect',
    ],
    [
      'exec: [{ command: "${{ inputs.tool }}", reason: r }]',
      '; takes effect only with an entry in the policy, approved or not',
    ],
  ])('says what no approval gives of %s', (entries, words) => {
    expect(askedInWords(asked(`inputs: { tool: { type: string } }\npermissions:\n  ${entries}\n`))[0]?.what).toContain(
      words,
    );
  });
});

describe('a change of what is asked for', () => {
  const withAll = (rest: string): string =>
    `inputs: { url: { type: string } }\npermissions: { net: [{ url: "\${{ inputs.url }}"${rest}, reason: x }] }`;

  it.each([
    [
      'a field that widens an entry with an expression',
      withAll(''),
      withAll(', private: true'),
      [
        {
          kind: 'widened',
          what: expect.stringMatching(
            /^request \$\{\{ inputs\.url \}\} with GET, HEAD, at private addresses too; `url`/u,
          ),
          was: expect.stringContaining('at public addresses only'),
          fields: [{ field: 'private', kind: 'widened', now: true }],
        },
      ],
    ],
    [
      'a field that narrows one',
      withAll(', methods: [GET, PUT]'),
      withAll(', methods: [GET]'),
      [{ kind: 'narrowed', fields: [{ field: 'methods', kind: 'narrowed', was: ['GET', 'PUT'], now: ['GET'] }] }],
    ],
    [
      'one field wider and another narrower',
      net('https://example.com/a', ', methods: ["*"]'),
      net('https://example.com/a', ', private: true'),
      [
        {
          kind: 'changed',
          fields: [
            { field: 'methods', kind: 'narrowed', was: ['*'] },
            { field: 'private', kind: 'widened', now: true },
          ],
        },
      ],
    ],
    ['an entry that is gone', net('https://example.com/a'), '', [{ kind: 'removed', about: 'net' }]],
    ['another reason', net('https://example.com/a'), net('https://example.com/a').replace('asks', 'goes'), []],
    ['a lower limit', 'limits: { memory: 128MiB }', 'limits: { memory: 96MiB }', [{ kind: 'narrowed', was: '128MiB' }]],
    [
      'an entry that two are put together in',
      'permissions: { fs: [{ read: "a/b", reason: x }, { read: "a/c", reason: x }] }',
      'permissions: { fs: [{ read: "a/*", reason: x }] }',
      [{ kind: 'widened', fields: [{ field: 'read', kind: 'widened', was: 'a/b', now: 'a/*' }] }],
    ],
  ])('is told as %s', (_what, before, after, changes) => {
    expect(changesOf(asked(before), asked(after))).toMatchObject(changes);
    expect(changesOf(asked(before), asked(after))).toHaveLength(changes.length);
  });

  it('asks anew where an input has no default any more, since an expression may say what holds then', () => {
    const lines = (rest: string): string =>
      `inputs: { to: { type: string${rest} } }\npermissions: { fs: [{ write: "\${{ inputs.to || 'a' }}", reason: x }] }`;
    expect(moreThan(asked(lines(', default: b')), asked(lines('')))).toMatchObject([
      { about: 'inputs', kind: 'changed' },
    ]);
  });
});
