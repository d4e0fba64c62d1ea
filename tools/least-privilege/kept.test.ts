import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keptResults, type NarrowingResult } from './kept.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-kept-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const permissions = { fs: [{ read: 'a' }] };
const resultOf = (verdict: NarrowingResult['verdict']): NarrowingResult => ({
  plugin: 'http',
  what: 'net[0]',
  verdict,
});

it('knows in the next process what came of the same permissions', () => {
  const file = join(folder, 'results.ndjson');
  const latest = (given = permissions) => keptResults(file).latest('http', 'net[0]', given);
  expect(latest()).toBeUndefined();
  for (const verdict of ['not needed', 'needed'] as const) {
    keptResults(file).keep(resultOf(verdict), permissions);
    expect(latest()).toEqual(resultOf(verdict));
  }
  expect(latest({ fs: [{ read: 'b' }] })).toBeUndefined();
  expect(keptResults(file).latest('http', 'net[1]', permissions)).toBeUndefined();
  expect(keptResults(file).ofPlugin('http')).toHaveLength(2);
  expect(keptResults(file).ofPlugin('notify')).toEqual([]);
});

it('knows what tests call, and nothing of a line that was cut off', () => {
  const file = join(folder, 'results.ndjson');
  const notes = [{ what: 'fs[0]', test: { file: 'a.test.ts', name: 'reads' }, how: 'refused' as const }];
  expect(keptResults(file).notes('http', permissions)).toBeUndefined();
  keptResults(file).keepNotes('http', permissions, notes);
  appendFileSync(file, '{"result":');
  expect(keptResults(file).notes('http', permissions)).toEqual(notes);
  expect(keptResults(file).notes('cache', permissions)).toBeUndefined();
});

it('keeps nothing without a file', () => {
  const results = keptResults(undefined);
  results.keep(resultOf('needed'), permissions);
  expect(results.latest('http', 'net[0]', permissions)).toEqual(resultOf('needed'));
  expect(keptResults(undefined).latest('http', 'net[0]', permissions)).toBeUndefined();
});
