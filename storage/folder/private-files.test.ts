import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { ensurePrivateFolder } from './private-files.ts';

function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-private-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;

it('makes what is missing for its owner alone, and leaves what is there', () => {
  const folder = testFolder();
  mkdirSync(join(folder, 'shared'), { mode: 0o755 });
  ensurePrivateFolder(join(folder, 'shared', 'a', 'b'));
  ensurePrivateFolder(join(folder, 'shared', 'a', 'b'));
  expect(['shared', 'shared/a', 'shared/a/b'].map((path) => modeOf(join(folder, path)))).toEqual([0o755, 0o700, 0o700]);
});

it('ends where a folder can’t hold others', () => {
  expect(() => ensurePrivateFolder('/proc/waterflow/state')).toThrow(/ENOENT|EACCES|EPERM/);
});

it('ends where a file is in the way', () => {
  const file = join(testFolder(), 'file');
  writeFileSync(file, '');
  expect(() => ensurePrivateFolder(join(file, 'state'))).toThrow(/ENOTDIR|EEXIST/);
});
