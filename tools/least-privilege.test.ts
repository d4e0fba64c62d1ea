import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tryNarrowings } from './least-privilege/try.ts';
import { copySources } from './source-copy.ts';

/** Of all the nodes and permissions that `npm run least-privilege` tries, these. */
it("tells a permission that a node's tests need from one that none needs", { timeout: 600_000 }, async () => {
  using sources = copySources();
  const file = join(sources.path, 'plugins/notify/plugin.yaml');
  const superfluous = '    - { read: elsewhere.txt, reason: none }\n';
  writeFileSync(file, readFileSync(file, 'utf8').replace('  fs:\n', `  fs:\n${superfluous}`));
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
