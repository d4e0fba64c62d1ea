import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  constants as open,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { openDescriptorFolder } from './descriptor-folder.ts';
import type { Entry, Folder } from './folder.ts';
import { openPathFolder } from './path-folder.ts';

const implementations: readonly (readonly [string, (path: AbsolutePath) => Folder])[] = [
  ['by descriptor', openDescriptorFolder],
  ['by path', openPathFolder],
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with `a/file`, and one outside of it. */
function tree(): { readonly root: AbsolutePath; readonly outside: string } {
  const root = join(folder, 'root');
  const outside = join(folder, 'outside');
  mkdirSync(root);
  mkdirSync(outside);
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, 'a/file'), 'inside');
  writeFileSync(join(outside, 'file'), 'outside');
  // Below an absolute folder.
  return { root: root as AbsolutePath, outside };
}

function present(entry: Entry | undefined): Entry {
  if (entry === undefined) throw new TypeError('nothing there');
  return entry;
}

describe.each(implementations)('a folder %s', (_name, openFolder) => {
  it('looks up what is there', () => {
    const { root } = tree();
    using folder = openFolder(root);
    using entry = present(folder.entry('a'));
    expect(entry.stats.isDirectory()).toBe(true);
    expect(folder.entry('missing')).toBeUndefined();
    using inner = entry.intoFolder();
    using file = present(inner.entry('file'));
    const fd = file.open(open.O_RDONLY);
    expect(readFileSync(fd, 'utf8')).toBe('inside');
    closeSync(fd);
  });

  it('shows a link as a link', () => {
    const { root, outside } = tree();
    symlinkSync(outside, join(root, 'link'));
    using folder = openFolder(root);
    using entry = present(folder.entry('link'));
    expect(entry.stats.isSymbolicLink()).toBe(true);
  });

  it('opens what it looked at, or nothing, when a link takes its place', () => {
    const { root, outside } = tree();
    using folder = openFolder(root);
    using entry = present(folder.entry('a'));
    using inner = entry.intoFolder();
    using file = present(inner.entry('file'));
    renameSync(join(root, 'a'), join(root, 'b'));
    symlinkSync(outside, join(root, 'a'));
    const content = ((): string => {
      try {
        const fd = file.open(open.O_RDONLY);
        return readFileSync(fd, 'utf8');
      } catch {
        return 'refused';
      }
    })();
    expect(content).not.toBe('outside');
    const below = ((): string | undefined => {
      try {
        return readFileSync(inner.at('file'), 'utf8');
      } catch {
        return 'refused';
      }
    })();
    expect(below).not.toBe('outside');
  });
});
