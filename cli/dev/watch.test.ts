import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { watchPaths } from './watch.ts';

it('a file that an editor writes beside another and puts in its place is no change of its own', async () => {
  using stack = new DisposableStack();
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-watch-')) as AbsolutePath; // Absolute.
  stack.defer(() => rmSync(folder, { recursive: true }));
  const [file, beside] = [join(folder, 'index.ts'), join(folder, 'sedXy12')];
  writeFileSync(file, 'before');
  const told: string[] = [];
  await using _watching = await watchPaths(folder, (paths) => told.push(...paths));
  writeFileSync(beside, 'after');
  renameSync(beside, file);
  await expect.poll(() => told).toContain(file);
  expect(told).not.toContain(beside);
});
