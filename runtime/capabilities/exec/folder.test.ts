import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import type { GivenFile } from './call.ts';
import { makeExecFolder, readExecFiles } from './folder.ts';

test('files that are too large together are told from their sizes, before any is read', async () => {
  await using scope = makeTestScope();
  await using folder = makeExecFolder(scope.temp(), 'exec', undefined);
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) {
    writeFileSync(join(folder.files, name), '');
    truncateSync(join(folder.files, name), 1024 * 1024);
  }
  // Who begins to read stumbles over this one.
  mkdirSync(join(folder.files, 'replaced'));
  const read = (...more: readonly string[]): ReturnType<typeof readExecFiles> => {
    const files = [...more, 'replaced'].map((name): [string, GivenFile] => [name, { content: '', read: true }]);
    return readExecFiles(folder, Object.fromEntries(files));
  };
  expect(() => read(...names)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  expect(() => read('a')).toThrow(expect.objectContaining({ code: 'FAILED' }));
});
