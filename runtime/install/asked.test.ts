import { describe, expect, it } from 'vitest';
import type { Approved } from '../../schemas/generated/lockfile.ts';
import { readManifest } from '../manifest/read.ts';
import { askedBy, askedInWords, moreThan } from './asked.ts';

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
    ['an entry', '', net('https://example.com/a'), [{ kind: 'new', about: 'net', reason: 'asks there' }]],
    [
      'a wider pattern',
      net('https://example.com/a'),
      net('https://example.com/*'),
      [{ kind: 'wider', about: 'net', was: expect.stringContaining('https://example.com/a') }],
    ],
    [
      'more methods',
      net('https://example.com/a'),
      net('https://example.com/a', ', methods: [GET, HEAD, DELETE]'),
      [{ kind: 'wider', what: expect.stringContaining('DELETE'), was: expect.stringContaining('GET, HEAD') }],
    ],
    [
      'private addresses',
      net('https://example.com/a'),
      net('https://example.com/a', ', private: true'),
      [{ kind: 'wider', what: expect.stringContaining('private addresses too') }],
    ],
    [
      'another place',
      net('https://example.com/a'),
      net('https://example.org/a'),
      [{ kind: 'new', about: 'net', what: expect.stringContaining('https://example.org/a') }],
    ],
    ['more memory', '', 'limits: { memory: 65MiB }', [{ kind: 'wider', about: 'limits', was: '64MiB' }]],
    ['more time', '', 'limits: { timeout: 601s }', [{ kind: 'wider', about: 'limits', was: '10m' }]],
    [
      'another default of an input that fills an entry',
      withInput('https://a.com', '${{ inputs.place }}/*'),
      withInput('https://b.com', '${{ inputs.place }}/*'),
      [{ kind: 'wider', about: 'inputs', was: '"https://a.com"', what: expect.stringContaining('`place`') }],
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

  it('is the entry as it is written where inputs decide', () => {
    expect(askedInWords(asked(withInput('a', 'https://${{ inputs.place }}/')))).toMatchObject([
      { about: 'net', what: 'make HTTP requests: url https://${{ inputs.place }}/' },
    ]);
  });

  it('is nothing where nothing is asked for', () => {
    expect(askedInWords(asked(''))).toEqual([]);
  });
});
