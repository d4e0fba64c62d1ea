import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { callUnder, testGrant } from '../../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../../testing/call.ts';

function fsUnder(scope: TestScope, ...fs: JsonObject[]): (operation: string, args: Json) => Promise<Json> {
  const grant = testGrant({ manifest: { fs: fs.length > 0 ? fs : [{ read: '**', write: '**' }] } });
  return (operation, args) => callUnder(grant, `fs.${operation}`, { args, scope });
}

const at = (scope: TestScope, path: string): string => join(scope.workspace, path);

/** All below a folder: what a file holds and whether it is executable, where a link leads. */
function treeOf(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry): [string, string] => {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    if (entry.isDirectory()) return [name, 'folder'];
    if (entry.isSymbolicLink()) return [name, `to ${readlinkSync(path)}`];
    return [name, `${(statSync(path).mode & 0o100) === 0 ? 'file' : 'program'} ${readFileSync(path, 'utf8')}`];
  });
  return Object.fromEntries(entries);
}

/** Files of the workspace, by path. */
function put(scope: TestScope, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(at(scope, path), '..'), { recursive: true });
    writeFileSync(at(scope, path), content);
  }
}

describe('fs.pack', () => {
  it.each(['tar', 'tar.gz', 'tar.zst'])('makes a %s that unpacks to the same', async (format) => {
    await using scope = makeTestScope();
    const fs = fsUnder(scope);
    put(scope, { 'in/a': 'a', 'in/d/b': 'x'.repeat(3_000_000), [`in/${'long/'.repeat(30)}ü`]: '' });
    mkdirSync(at(scope, 'in/empty'));
    chmodSync(at(scope, 'in/a'), 0o755);
    symlinkSync('d/b', at(scope, 'in/link'));
    const packed = await fs('pack', { from: 'in', to: `out/a.${format}` });
    const archive = readFileSync(at(scope, `out/a.${format}`));
    const sha256 = createHash('sha256').update(archive).digest('hex');
    expect(packed).toEqual({ bytes: archive.length, sha256, entries: 36 });
    await fs('unpack', { from: `out/a.${format}`, to: 'again' });
    expect(treeOf(at(scope, 'again'))).toEqual(treeOf(at(scope, 'in')));
    expect(Object.keys(treeOf(at(scope, 'again')))).toHaveLength(36);
  });

  it("is read by the system's tar", async () => {
    await using scope = makeTestScope();
    put(scope, { 'in/b': '1', 'in/a/c': '2' });
    symlinkSync('a/c', at(scope, 'in/link'));
    await fsUnder(scope)('pack', { from: 'in', to: 'a.tgz' });
    const listed = execFileSync('tar', ['--utc', '--numeric-owner', '-tvzf', at(scope, 'a.tgz')]).toString();
    expect(
      listed
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    ).toEqual([
      'drwxr-xr-x 0/0 0 1970-01-01 00:00 a/',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00 a/c',
      '-rw-r--r-- 0/0 1 1970-01-01 00:00 b',
      'lrwxrwxrwx 0/0 0 1970-01-01 00:00 link -> a/c',
    ]);
  });

  it('gives the same bytes for the same files, whenever and in whatever order they were made', async () => {
    await using scope = makeTestScope();
    const fs = fsUnder(scope);
    put(scope, { 'one/a': '1', 'one/b': '2', 'one/c/d': '3' });
    put(scope, { 'two/c/d': '3', 'two/b': '2', 'two/a': '1' });
    utimesSync(at(scope, 'two/a'), 1_000_000, 1_000_000);
    chmodSync(at(scope, 'two/b'), 0o600);
    for (const format of ['tar', 'tar.gz', 'tar.zst']) {
      await fs('pack', { from: 'one', to: `1.${format}` });
      await fs('pack', { from: 'two', to: `2.${format}` });
      expect(readFileSync(at(scope, `1.${format}`)).equals(readFileSync(at(scope, `2.${format}`)))).toBe(true);
    }
  });

  it('packs what the patterns say, and never its own earlier self', async () => {
    await using scope = makeTestScope();
    const fs = fsUnder(scope);
    put(scope, { 'src/a.ts': '', 'src/a.js': '', 'node_modules/x/y.ts': '', 'read.me': '' });
    expect(await fs('pack', { from: '.', to: 'p.tar', include: ['**/*.ts'], exclude: ['node_modules'] })).toMatchObject(
      { entries: 1 },
    );
    const first = await fs('pack', { from: '.', to: 'p.tar' });
    expect(await fs('pack', { from: '.', to: 'p.tar' })).toEqual(first);
    await expect(fs('pack', { from: '.', to: 'p.tar', include: ['*.nothing'] })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(fs('pack', { from: '.', to: 'p.zip' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    await expect(fs('pack', { from: '.', to: 'p.tar', include: ['../**'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
    await expect(fs('pack', { from: 'read.me', to: 'p.tar' })).rejects.toMatchObject({ code: 'FAILED' });
  });

  it('leaves out no file in silence', async () => {
    await using scope = makeTestScope();
    put(scope, { 'in/a.ts': '', 'in/b.key': '', 'in/deep/c.ts': '' });
    const fs = fsUnder(scope, { read: ['in', 'in/*.ts'], write: '*.tar' });
    await expect(fs('pack', { from: 'in', to: 'a.tar' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('pack', { from: 'in', to: 'a.tar', exclude: ['*.key'] })).rejects.toMatchObject({ code: 'DENIED' });
    expect(await fs('pack', { from: 'in', to: 'a.tar', exclude: ['*.key', 'deep'] })).toMatchObject({ entries: 1 });
    await expect(fs('pack', { from: 'in', to: 'b.tgz', exclude: ['*.key', 'deep'] })).rejects.toMatchObject({
      code: 'DENIED',
    });
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'in']);
  });

  it('holds no link to elsewhere, no second name of a file and no FIFO', async () => {
    await using scope = makeTestScope();
    const fs = fsUnder(scope);
    put(scope, { 'link/x': '', 'hard/x': '', 'fifo/x': '' });
    symlinkSync('/etc/passwd', at(scope, 'link/passwd'));
    linkSync(at(scope, 'hard/x'), at(scope, 'elsewhere'));
    execFileSync('mkfifo', [at(scope, 'fifo/fifo')]);
    await expect(fs('pack', { from: 'link', to: 'a.tar' })).rejects.toThrow('/etc/passwd');
    await expect(fs('pack', { from: 'hard', to: 'a.tar' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('pack', { from: 'fifo', to: 'a.tar' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(readdirSync(scope.workspace)).not.toContain('a.tar');
    expect(await fs('pack', { from: 'link', to: 'a.tar', exclude: ['passwd'] })).toMatchObject({ entries: 1 });
  });

  it('replaces the archive as a whole or leaves it as it was', async () => {
    await using scope = makeTestScope();
    put(scope, { 'in/a': 'x'.repeat(5000), 'a.tar': 'old' });
    await expect(
      fsUnder(scope, { read: '**', write: '**', quota: '4KiB' })('pack', { from: 'in', to: 'a.tar' }),
    ).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(readFileSync(at(scope, 'a.tar'), 'utf8')).toBe('old');
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'in']);
    symlinkSync('a.tar', at(scope, 'link.tar'));
    await expect(fsUnder(scope)('pack', { from: 'in', to: 'link.tar' })).rejects.toMatchObject({ code: 'DENIED' });
  });
});
