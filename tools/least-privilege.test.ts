import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { learnPlugin } from './least-privilege/learn/learn.ts';
import { widerReasons } from './least-privilege/learn/wider.ts';
import { tryNarrowings } from './least-privilege/try.ts';
import { copySources } from './source-copy.ts';

const superfluous = '    - { read: elsewhere.txt, reason: none }\n';

/** A copy of the repository in which notify asks for a file more. */
function askingForMore(): { readonly sources: ReturnType<typeof copySources>; readonly file: string } {
  const sources = copySources();
  const file = join(sources.path, 'plugins/notify/plugin.yaml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('  fs:\n', `  fs:\n${superfluous}`));
  return { sources, file };
}

/** Of all the nodes and permissions that `npm run least-privilege` tries, these. */
it("tells a permission that a node's tests need from one that none needs", { timeout: 600_000 }, async () => {
  const { sources, file } = askingForMore();
  using _copy = sources;
  const told: string[] = [];
  const options = {
    root: sources.path,
    plugins: ['notify'],
    only: 'fs[',
    resume: join(sources.path, 'results.ndjson'),
    progress: (text: string) => told.push(text),
  };
  const less = [
    { what: 'fs[0]', verdict: 'not needed' },
    { what: 'fs[0].read', verdict: 'no manifest' },
  ];
  const noticed_by = { name: expect.stringContaining('notify@v1') };
  // One without the other leaves nothing to ask for.
  const rest = { what: 'fs[1].read', verdict: 'no manifest' };
  const quick = await tryNarrowings({ ...options, quick: true });
  expect(quick).toMatchObject([...less, { what: 'fs[1]', verdict: 'used', noticed_by }, rest]);
  expect(told).toHaveLength(6);
  // What the tests call is known; what no call shows is tried, and so is what only a call showed.
  const results = await tryNarrowings(options);
  const byPlace = results.toSorted((one, other) => one.what.localeCompare(other.what));
  expect(byPlace).toMatchObject([...less, { what: 'fs[1]', verdict: 'needed', noticed_by }, rest]);
  expect(told).toHaveLength(9);
  // As it was before.
  expect(readFileSync(file, 'utf8')).toContain(superfluous);
});

/** Of all the nodes that `npm run least-privilege -- --learn` runs, this one. */
it("learns from a node's tests that its manifest asks for nothing else", { timeout: 600_000 }, async () => {
  using copy = askingForMore().sources;
  const { entries, outdated } = await learnPlugin('notify', { root: copy.path, wider: widerReasons() });
  expect(outdated).toEqual([]);
  expect(entries.map(({ entry, narrower }) => ({ entry, narrower }))).toEqual([
    { entry: 'net[0]', narrower: [] },
    { entry: 'mail[0]', narrower: [] },
    { entry: 'fs[0]', narrower: [{ place: 'fs[0]', instead: 'nothing' }] },
    { entry: 'fs[1]', narrower: [] },
  ]);
  expect(entries.filter(({ only_here }) => only_here > 0)).toHaveLength(3);
});
