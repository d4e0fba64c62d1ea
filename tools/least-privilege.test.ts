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
  const results = await tryNarrowings({
    root: sources.path,
    plugins: ['notify'],
    only: 'fs[',
    progress: (text) => told.push(text),
  });
  expect(results).toMatchObject([
    { what: 'fs[0]', verdict: 'not needed' },
    { what: 'fs[0].read', verdict: 'no manifest' },
    { what: 'fs[1]', verdict: 'needed', noticed_by: { name: expect.stringContaining('notify@v1') } },
    { what: 'fs[1].read', verdict: 'no manifest' },
  ]);
  expect(told).toHaveLength(5);
  // As it was before.
  expect(readFileSync(file, 'utf8')).toContain(superfluous);
});
