import { createHash } from 'node:crypto';
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AbsolutePath } from '../../schemas/index.ts';
import { hashFiles } from './hash-files.ts';

let folder: string;
let workspace: AbsolutePath;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'waterflow-hash-'));
  // Below an absolute path.
  workspace = join(folder, 'workspace') as AbsolutePath;
  mkdirSync(workspace);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(workspace, path)), { recursive: true });
  writeFileSync(join(workspace, path), content);
}

/** SHA-256 over the SHA-256 of each content. */
function expected(...contents: readonly string[]): string {
  const hash = createHash('sha256');
  for (const content of contents) {
    hash.update(createHash('sha256').update(content).digest());
  }
  return hash.digest('hex');
}

const { signal } = new AbortController();
const hash = (...patterns: readonly string[]): Promise<string> => hashFiles(workspace, patterns, signal);

describe('hashFiles', () => {
  it('is the hash over the hashes of the files, in the order of their paths', async () => {
    write('b/package-lock.json', 'two');
    write('a/package-lock.json', 'one');
    write('package-lock.json', 'three');
    write('a/other.json', 'not hashed');
    expect(await hash('**/package-lock.json')).toBe(expected('one', 'two', 'three'));
    expect(await hash('package-lock.json')).toBe(expected('three'));
  });

  it('hashes a file once, however many patterns match it', async () => {
    write('x', '1');
    expect(await hash('x', '**', '*\n# a comment\n')).toBe(expected('1'));
  });

  it('is empty where no file matches', async () => {
    expect(await hash('**/nothing')).toBe('');
    expect(await hash()).toBe('');
  });

  it('takes out what a pattern with ! matches, and the last match decides', async () => {
    write('keep', 'k');
    write('node_modules/x/y', 'n');
    write('node_modules/x/z', 'z');
    expect(await hash('**', '!node_modules')).toBe(expected('k'));
    expect(await hash('**', '!node_modules', 'node_modules/x/z')).toBe(expected('k', 'z'));
  });

  it('takes a folder for all that is in it', async () => {
    write('src/a/b', '1');
    write('src/c', '2');
    write('other', '3');
    expect(await hash('src')).toBe(expected('1', '2'));
  });

  it('neither follows nor hashes symbolic links', async () => {
    writeFileSync(join(folder, 'outside'), 'outside');
    write('real', 'r');
    symlinkSync(join(folder, 'outside'), join(workspace, 'link'));
    symlinkSync(folder, join(workspace, 'folder'));
    expect(await hash('**')).toBe(expected('r'));
  });

  it('hashes files that have several names', async () => {
    write('one', 'same');
    linkSync(join(workspace, 'one'), join(workspace, 'two'));
    expect(await hash('**')).toBe(expected('same', 'same'));
  });

  it.each(['../outside', '/etc/passwd', '[ab]', 'a/../../b'])('refuses the pattern %s', async (pattern) => {
    await expect(hash(pattern)).rejects.toMatchObject({ error: { code: 'EVALUATION_FAILED' } });
  });
});
