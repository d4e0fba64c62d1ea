import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { mayBeThere } from './may-be-there.ts';

it('passes over a file that is not there, and none that cannot be looked at', () => {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-there-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('file'), '');
  symlinkSync('none', at('dangling'));
  // No user, not even root, can look behind it.
  symlinkSync('endless', at('endless'));
  const found = ['file', 'none', 'file/none', 'dangling', 'endless', 'endless/file'].map((name) =>
    mayBeThere(at(name)),
  );
  expect(found).toEqual([true, false, false, false, true, true]);
});
