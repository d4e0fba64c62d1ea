import { expect, it } from 'vitest';
import { likelyTests } from './likely.ts';
import type { CallNote } from './note-calls.ts';

const noticed = [
  ['exec[0]', 'clones'],
  ['exec[0].env[0]', 'proxy'],
  ['exec[0].env[1]', 'key'],
  ['exec[1]', 'fetches'],
  ['exec[1].env[0]', 'proxy'],
  ['fs[0]', 'cleans'],
].map(([what = '', name = '']) => ({ what, test: { file: 'a.test.ts', name } }));
const namesFor = (what: string, notes: readonly CallNote[] = []) =>
  likelyTests({ what, noticed, notes }).map(({ name }) => name);

it('tries first what noticed the same of another entry, then what noticed another part of this one', () => {
  expect(namesFor('exec[1].env[1]')).toEqual(['key', 'proxy', 'fetches']);
  expect(namesFor('exec[2].env[1]').slice(0, 1)).toEqual(['key']);
});

it('names each test once, and none of another capability', () => {
  expect(namesFor('exec[2]')).toEqual(['proxy', 'fetches']);
  expect(namesFor('net[0]')).toEqual([]);
  expect(namesFor('store[7]')).toEqual([]);
});

it('tries nothing else where tests make a call that would be refused', () => {
  const note = (what: string, how: CallNote['how']): CallNote => ({
    what,
    how,
    test: { file: 'a.test.ts', name: how },
  });
  expect(namesFor('exec[1].env[1]', [note('exec[1].env[1]', 'refused'), note('fs[0]', 'refused')])).toEqual([
    'refused',
  ]);
  expect(namesFor('exec[1].env[1]', [note('exec[1].env[1]', 'changed')])).toEqual(['key', 'proxy', 'fetches']);
});
