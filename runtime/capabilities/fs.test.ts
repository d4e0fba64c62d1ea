import { execFileSync } from 'node:child_process';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { Grant } from '../grants/api.ts';
import { callUnder, testGrant } from '../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from './testing/call.ts';

const everything = testGrant({ manifest: { fs: [{ read: '**', write: '**' }] } });

function grantOf(...entries: JsonObject[]): Grant {
  return testGrant({ manifest: { fs: entries } });
}

/** Calls fs under a grant. */
function fsOf(grant: Grant, scope: TestScope): (operation: string, args: Json) => Promise<Json> {
  return (operation, args) => callUnder(grant, `fs.${operation}`, { args, scope });
}

/** Files of the workspace, by path. */
function put(scope: TestScope, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(scope.workspace, path, '..'), { recursive: true });
    writeFileSync(join(scope.workspace, path), content);
  }
}

describe('fs', () => {
  it('reads text and bytes', async () => {
    await using scope = makeTestScope();
    put(scope, { 'a/b.txt': 'héllo' });
    const fs = fsOf(everything, scope);
    expect(await fs('read', { path: 'a/b.txt' })).toBe('héllo');
    expect(await fs('read', { path: './a//b.txt', encoding: 'base64' })).toBe(Buffer.from('héllo').toString('base64'));
    await expect(fs('read', { path: 'a/missing' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(fs('read', { path: 'a' })).rejects.toMatchObject({ code: 'FAILED' });
  });

  it('writes under no name but the one that was asked for', async () => {
    await using scope = makeTestScope();
    const fs = fsOf(everything, scope);
    await expect(fs('write', { path: '\ud800', content: 'x' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(readdirSync(scope.workspace)).toEqual([]);
  });

  it('gives no more than max_bytes, and no bytes as text', async () => {
    await using scope = makeTestScope();
    writeFileSync(join(scope.workspace, 'big'), Buffer.alloc(2 * 1024 ** 2));
    writeFileSync(join(scope.workspace, 'binary'), Buffer.from([0xff, 0xfe]));
    const fs = fsOf(everything, scope);
    await expect(fs('read', { path: 'big' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(fs('read', { path: 'big', max_bytes: 10 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(fs('read', { path: 'big', max_bytes: 2 ** 40 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
    expect(await fs('read', { path: 'big', max_bytes: 2 * 1024 ** 2 })).toHaveLength(2 * 1024 ** 2);
    await expect(fs('read', { path: 'binary' })).rejects.toThrow('base64');
  });

  it('writes, replaces, appends and makes executable', async () => {
    await using scope = makeTestScope();
    const fs = fsOf(everything, scope);
    await fs('write', { path: 'deep/er/x.sh', content: 'one\n', executable: true });
    await fs('write', { path: 'deep/er/x.sh', content: 'two\n' });
    await fs('write', {
      path: 'deep/er/x.sh',
      content: Buffer.from('three\n').toString('base64'),
      encoding: 'base64',
      append: true,
    });
    await fs('write', { path: 'new', content: 'made by append', append: true });
    const path = join(scope.workspace, 'deep/er/x.sh');
    expect(readFileSync(path, 'utf8')).toBe('two\nthree\n');
    expect(statSync(path).mode & 0o111).not.toBe(0);
    expect(readFileSync(join(scope.workspace, 'new'), 'utf8')).toBe('made by append');
    expect(readdirSync(join(scope.workspace, 'deep/er'))).toEqual(['x.sh']);
    await expect(fs('write', { path: 'deep', content: '' })).rejects.toMatchObject({ code: 'FAILED' });
    expect(readdirSync(scope.workspace).sort()).toEqual(['deep', 'new']);
  });

  it('says where a folder lies too deep to be looked into, instead of finding nothing there', async () => {
    await using scope = makeTestScope();
    const fs = fsOf(everything, scope);
    const long = Array.from({ length: 11 }, () => 'd'.repeat(200)).join('/');
    await fs('mkdir', { path: `a/${long}` });
    await fs('mkdir', { path: `b/${long}` });
    await fs('write', { path: `b/${long}/bottom`, content: 'x' });
    // As a program does it; `fs` itself moves nothing to where it couldn't name it.
    renameSync(join(scope.workspace, 'b'), join(scope.workspace, `a/${long}/b`));
    await expect(fs('glob', { pattern: 'a/**/bottom' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await fs('glob', { pattern: 'a/bottom' })).toEqual([]);
  });

  it('lists, stats, hashes and globs', async () => {
    await using scope = makeTestScope();
    put(scope, { 'src/a.ts': 'a', 'src/b/c.ts': 'abc', 'readme.md': '' });
    symlinkSync('a.ts', join(scope.workspace, 'src/link'));
    const fs = fsOf(everything, scope);
    expect(await fs('list', { path: 'src' })).toEqual([
      { name: 'a.ts', type: 'file', bytes: 1 },
      { name: 'b', type: 'directory', bytes: 0 },
      { name: 'link', type: 'symlink', bytes: 0 },
    ]);
    expect(await fs('stat', { path: 'src/b/c.ts' })).toMatchObject({ type: 'file', bytes: 3 });
    expect(await fs('stat', { path: '.' })).toMatchObject({ type: 'directory' });
    expect(await fs('stat', { path: 'no/where' })).toBeNull();
    expect(await fs('hash', { path: 'src/b/c.ts' })).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    expect(await fs('glob', { pattern: '**/*.ts' })).toEqual(['src/a.ts', 'src/b/c.ts']);
    await expect(fs('glob', { pattern: '../**' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENTS' });
  });

  it('copies, moves and removes files and folders', async () => {
    await using scope = makeTestScope();
    put(scope, { 'a/x': '1', 'a/b/y': '2' });
    symlinkSync('x', join(scope.workspace, 'a/link'));
    const fs = fsOf(everything, scope);
    await fs('mkdir', { path: 'made/here' });
    await fs('copy', { from: 'a', to: 'copy/of/a' });
    await fs('copy', { from: 'a/x', to: 'x' });
    await fs('move', { from: 'a', to: 'moved' });
    expect(
      execFileSync('find', ['.', '-mindepth', '1'], { cwd: scope.workspace, encoding: 'utf8' })
        .trim()
        .split('\n')
        .sort(),
    ).toEqual([
      './copy',
      './copy/of',
      './copy/of/a',
      './copy/of/a/b',
      './copy/of/a/b/y',
      './copy/of/a/link',
      './copy/of/a/x',
      './made',
      './made/here',
      './moved',
      './moved/b',
      './moved/b/y',
      './moved/link',
      './moved/x',
      './x',
    ]);
    await fs('remove', { path: 'moved' });
    expect(existsSync(join(scope.workspace, 'moved'))).toBe(false);
    await expect(fs('copy', { from: 'copy', to: 'copy/again' })).rejects.toThrow('into itself');
    await expect(fs('remove', { path: '.' })).rejects.toThrow('workspace itself');
    await expect(fs('remove', { path: 'gone' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each(['../outside', '/etc/passwd', 'a/../../outside', '', 'a\0b', `${'x/'.repeat(3000)}x`])(
    'refuses the path %j',
    async (path) => {
      await using scope = makeTestScope();
      const fs = fsOf(everything, scope);
      await expect(fs('read', { path })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(fs('write', { path, content: '' })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(fs('stat', { path })).rejects.toMatchObject({ code: 'DENIED' });
      expect(readdirSync(scope.workspace)).toEqual([]);
    },
  );

  it('follows no link, neither at the end nor on the way', async () => {
    await using scope = makeTestScope();
    const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
    writeFileSync(join(outside, 'secret'), 'outside');
    symlinkSync(outside, join(scope.workspace, 'dir'));
    symlinkSync(join(outside, 'secret'), join(scope.workspace, 'file'));
    symlinkSync('/proc/self', join(scope.workspace, 'proc'));
    const fs = fsOf(everything, scope);
    for (const path of ['dir/secret', 'file', 'proc/environ', 'proc/root/etc/passwd']) {
      await expect(fs('read', { path })).rejects.toMatchObject({ code: 'DENIED', rule: 'links are never followed' });
      await expect(fs('hash', { path })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(fs('copy', { from: path, to: 'x' })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(fs('write', { path, content: 'x' })).rejects.toMatchObject({ code: 'DENIED' });
      await expect(fs('write', { path, content: 'x', append: true })).rejects.toMatchObject({ code: 'DENIED' });
    }
    await expect(fs('list', { path: 'dir' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('mkdir', { path: 'dir/new' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('remove', { path: 'dir/secret' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('move', { from: 'dir/secret', to: 'mine' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(await fs('glob', { pattern: '**' })).toEqual([]);
    await fs('remove', { path: 'dir' });
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
    expect(readdirSync(outside)).toEqual(['secret']);
  });

  it('opens no file that a hard link also puts elsewhere', async () => {
    await using scope = makeTestScope();
    const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
    writeFileSync(join(outside, 'secret'), 'outside');
    linkSync(join(outside, 'secret'), join(scope.workspace, 'hard'));
    const fs = fsOf(everything, scope);
    await expect(fs('read', { path: 'hard' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('copy', { from: 'hard', to: 'x' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('write', { path: 'hard', content: 'x', append: true })).rejects.toMatchObject({ code: 'DENIED' });
    // Replacing gives the name a file of its own.
    await fs('write', { path: 'hard', content: 'mine' });
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('outside');
  });

  it("opens no FIFO, and doesn't wait for one", async () => {
    await using scope = makeTestScope();
    execFileSync('mkfifo', [join(scope.workspace, 'fifo')]);
    const fs = fsOf(everything, scope);
    await expect(fs('read', { path: 'fifo' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('write', { path: 'fifo', content: 'x', append: true })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('write', { path: 'fifo', content: 'x' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(await fs('stat', { path: 'fifo' })).toMatchObject({ type: 'other' });
  });

  it.runIf(process.getuid?.() === 0)('opens no device (as root, who can make one)', async () => {
    await using scope = makeTestScope();
    execFileSync('mknod', [join(scope.workspace, 'null'), 'c', '1', '3']);
    await expect(fsOf(everything, scope)('read', { path: 'null' })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('moves and copies no link to where it would lead out of the workspace', async () => {
    await using scope = makeTestScope();
    const fs = fsOf(everything, scope);
    put(scope, { 'a/b/c/file': 'x', target: 'y' });
    symlinkSync('../../../target', join(scope.workspace, 'a/b/c/up'));
    symlinkSync('/usr/bin/env', join(scope.workspace, 'a/absolute'));
    for (const operation of ['move', 'copy']) {
      await expect(fs(operation, { from: 'a/b/c', to: 'c' })).rejects.toMatchObject({
        code: 'DENIED',
        rule: 'fs: links that lead out of the workspace',
      });
    }
    expect(existsSync(join(scope.workspace, 'a/b/c/up'))).toBe(true);
    // To where it still leads into the workspace it goes, and one that led out before goes anywhere.
    await fs('move', { from: 'a/b/c', to: 'x/y/c' });
    await fs('move', { from: 'a', to: 'z' });
    expect(readFileSync(join(scope.workspace, 'x/y/c/up'), 'utf8')).toBe('y');
  });

  it('needs a rule for each side of a copy and of a move', async () => {
    await using scope = makeTestScope();
    put(scope, { 'in/a': '1', 'private/b': '2' });
    const fs = fsOf(grantOf({ read: 'in/**' }, { write: 'out/**' }), scope);
    await fs('copy', { from: 'in/a', to: 'out/a' });
    await expect(fs('copy', { from: 'private/b', to: 'out/b' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('copy', { from: 'in/a', to: 'in/c' })).rejects.toMatchObject({ code: 'DENIED' });
    // What may be written but not read must not become readable by moving it.
    const mover = fsOf(grantOf({ read: 'open/**', write: '**' }), scope);
    await expect(mover('move', { from: 'private/b', to: 'open/b' })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('asks for everything below a folder by its own path', async () => {
    await using scope = makeTestScope();
    put(scope, { 'a/x': '1', 'a/keep/y': '2' });
    const grant = testGrant({
      manifest: { fs: [{ read: '**', write: '**' }] },
      policy:
        'version: 1\nrules: [{ plugin: "*", allow: requested, deny: { fs: [{ read: a/keep/**, write: a/keep/** }] } }]',
    });
    const fs = fsOf(grant, scope);
    await expect(fs('remove', { path: 'a' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('move', { from: 'a', to: 'b' })).rejects.toMatchObject({ code: 'DENIED' });
    await expect(fs('copy', { from: 'a', to: 'b' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(readFileSync(join(scope.workspace, 'a/x'), 'utf8')).toBe('1');
    expect(await fs('glob', { pattern: '**' })).not.toContain('a/keep/y');
    expect(await fs('list', { path: 'a' })).toEqual([{ name: 'x', type: 'file', bytes: 1 }]);
    const narrow = fsOf(grantOf({ write: 'a/*' }), scope);
    await expect(narrow('remove', { path: 'a/keep' })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('lists only what may be read', async () => {
    await using scope = makeTestScope();
    put(scope, { 'src/a.ts': '', 'src/a.js': '', 'etc/b.ts': '' });
    const fs = fsOf(grantOf({ read: 'src/*.ts' }), scope);
    expect(await fs('list', { path: '.' })).toEqual([{ name: 'src', type: 'directory', bytes: 0 }]);
    expect(await fs('list', { path: 'src' })).toEqual([{ name: 'a.ts', type: 'file', bytes: 0 }]);
    expect(await fs('glob', { pattern: '**' })).toEqual(['src/a.ts']);
    await expect(fs('list', { path: 'etc' })).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('writes no more than the least quota, over all calls of an invocation', async () => {
    await using scope = makeTestScope();
    const grant = testGrant({
      manifest: { fs: [{ read: '**', write: '**', quota: '1KiB' }] },
      step: { fs: [{ read: '**', write: '**', quota: '100B' }] },
    });
    const fs = fsOf(grant, scope);
    await fs('write', { path: 'a', content: 'x'.repeat(60) });
    await expect(fs('write', { path: 'b', content: 'x'.repeat(41) })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(fs('copy', { from: 'a', to: 'b' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await fs('write', { path: 'a', content: 'x'.repeat(40), append: true });
    expect(readdirSync(scope.workspace)).toEqual(['a']);
  });

  it('makes no more files and folders than its quota', async () => {
    await using scope = makeTestScope();
    const fs = fsOf(grantOf({ read: '**', write: '**', quota: { files: 4 } }), scope);
    await fs('write', { path: 'a/b/c', content: 'three' });
    await fs('write', { path: 'a/b/c', content: 'a file that is there already is written to', append: true });
    await fs('write', { path: 'a/b/c', content: 'a replacement counts' });
    for (const [operation, args] of [
      ['write', { path: 'd', content: '' }],
      ['mkdir', { path: 'd' }],
      ['copy', { from: 'a/b/c', to: 'd' }],
      ['pack', { from: 'a', to: 'd.tar' }],
    ] as const) {
      await expect(fs(operation, args)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    }
    expect(readdirSync(scope.workspace)).toEqual(['a']);
    await fs('move', { from: 'a', to: 'moved' });
  });

  it('counts links that it copies', async () => {
    await using scope = makeTestScope();
    put(scope, { 'a/x': '' });
    symlinkSync('x', join(scope.workspace, 'a/link'));
    const fs = fsOf(grantOf({ read: '**', write: '**', quota: { bytes: '1KiB', files: 2 } }), scope);
    await expect(fs('copy', { from: 'a', to: 'b' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('goes down no further than its limit', async () => {
    await using scope = makeTestScope();
    execFileSync('mkdir', ['-p', join(scope.workspace, 'd/'.repeat(200))]);
    const fs = fsOf(everything, scope);
    await expect(fs('read', { path: `${'d/'.repeat(200)}x` })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(fs('remove', { path: 'd' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(fs('glob', { pattern: '**' })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('shows no path of the agent in an error', async () => {
    await using scope = makeTestScope();
    put(scope, { a: '' });
    const failure = await fsOf(everything, scope)('read', { path: 'a/b' }).catch((cause: Error) => cause.message);
    expect(failure).not.toContain(scope.workspace);
    const long = await fsOf(everything, scope)('read', { path: 'x'.repeat(300) }).catch(
      (cause: Error) => cause.message,
    );
    expect(long).toContain('too long');
  });

  it('stops when the step is cancelled', async () => {
    const stop = new AbortController();
    await using scope = makeTestScope({ signal: stop.signal });
    put(scope, { a: '', b: '' });
    stop.abort();
    await expect(fsOf(everything, scope)('glob', { pattern: '**' })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('goes on where it removes what a step leaves in order while it is being cancelled, and no further', async () => {
    await using scope = makeTestScope({ signal: AbortSignal.abort() });
    put(scope, { 'part/a/b': 'x', 'part/c': 'x' });
    const call = fsOf(everything, scope);
    expect(await call('list', { path: 'part' })).toMatchObject([{ name: 'a' }, { name: 'c' }]);
    await expect(call('glob', { pattern: '**' })).rejects.toMatchObject({ code: 'CANCELLED' });
    await call('remove', { path: 'part' });
    expect(existsSync(join(scope.workspace, 'part'))).toBe(false);
  });

  it('removes and lists nothing more once the step is over, its grace included', async () => {
    await using scope = makeTestScope({ signal: AbortSignal.abort() });
    put(scope, { 'part/a': 'x' });
    const call = fsOf(everything, { ...scope, kill: AbortSignal.abort() });
    for (const operation of ['list', 'remove'])
      await expect(call(operation, { path: 'part' })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(existsSync(join(scope.workspace, 'part/a'))).toBe(true);
  });
});
