import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import { callUnder, testGrant } from '../../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../../testing/call.ts';
import { type TestEntry, tarOf } from '../testing/tar.ts';

const everything = [{ read: '**', write: '**' }];

/** Calls fs.unpack of `a.tar`, which holds these bytes, under these entries of fs. */
function unpack(
  scope: TestScope,
  archive: Buffer,
  args: JsonObject = {},
  fs: JsonObject[] = everything,
): Promise<Json> {
  writeFileSync(join(scope.workspace, 'a.tar'), archive);
  return callUnder(testGrant({ manifest: { fs } }), 'fs.unpack', {
    args: { from: 'a.tar', to: 'out', ...args },
    scope,
  });
}

const at = (scope: TestScope, path: string): string => join(scope.workspace, path);
const textOf = (scope: TestScope, path: string): string => readFileSync(at(scope, path), 'utf8');

/** Nothing but the archive: not the target, not a half of it under another name. */
function expectUntouched(scope: TestScope): void {
  expect(readdirSync(scope.workspace)).toEqual(['a.tar']);
}

const usual: readonly TestEntry[] = [
  { name: 'top/', type: 'directory' },
  { name: 'top/a.txt', content: 'a' },
  { name: 'top/bin/run', content: '#!/bin/sh', mode: 0o6755 },
  { name: 'top/bin/latest', type: 'symlink', linkname: 'run' },
  { name: 'top/again', type: 'link', linkname: 'top/a.txt' },
];

describe('fs.unpack', () => {
  it.each([
    ['tar', (bytes: Buffer) => bytes],
    ['tar.gz', (bytes: Buffer) => gzipSync(bytes)],
    ['tar.zst', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('unpacks %s, whatever the file is called', async (_format, compress) => {
    await using scope = makeTestScope();
    expect(await unpack(scope, compress(await tarOf(usual)), { strip: 1 })).toEqual({ entries: 4, bytes: 11 });
    expect(textOf(scope, 'out/a.txt')).toBe('a');
    expect(readlinkSync(at(scope, 'out/bin/latest'))).toBe('run');
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'out']);
  });

  it('makes no setuid file and no hard link', async () => {
    await using scope = makeTestScope();
    await unpack(scope, await tarOf(usual));
    expect(statSync(at(scope, 'out/top/bin/run')).mode & 0o7111).toBe(0o111);
    expect(statSync(at(scope, 'out/top/a.txt')).mode & 0o7111).toBe(0);
    expect(textOf(scope, 'out/top/again')).toBe('a');
    expect(statSync(at(scope, 'out/top/again')).nlink).toBe(1);
  });

  it("reads what the system's tar writes, long names and all", async () => {
    await using scope = makeTestScope();
    const long = `${'folder-with-a-long-name/'.repeat(8)}file-${'x'.repeat(180)}-ü`;
    mkdirSync(join(at(scope, 'in'), long, '..'), { recursive: true });
    writeFileSync(join(at(scope, 'in'), long), 'deep');
    writeFileSync(join(at(scope, 'in'), 'short'), 'short');
    for (const [format, what] of [
      ['gnu', '.'],
      ['posix', '.'],
      ['ustar', 'short'],
      ['v7', 'short'],
    ] as const) {
      await unpack(scope, execFileSync('tar', [`--format=${format}`, '-C', at(scope, 'in'), '-c', what]), {
        to: format,
      });
      expect(textOf(scope, `${format}/short`)).toBe('short');
    }
    expect(textOf(scope, join('gnu', long))).toBe('deep');
    expect(textOf(scope, join('posix', long))).toBe('deep');
  });

  it('unpacks only what the patterns say', async () => {
    await using scope = makeTestScope();
    await unpack(scope, await tarOf(usual), { strip: 1, include: ['bin/**', '*.txt'], exclude: ['bin/latest'] });
    expect(readdirSync(at(scope, 'out'), { recursive: true }).map(String).sort()).toEqual(['a.txt', 'bin', 'bin/run']);
  });

  it.each<readonly [string, readonly TestEntry[]]>([
    ['an absolute name', [{ name: '/etc/evil' }]],
    ['a name that goes up', [{ name: '../evil' }]],
    ['a name that goes up on its way', [{ name: 'a/../../evil' }]],
    ['a name that is long by a pax header and goes up', [{ name: `${'a/'.repeat(200)}${'../'.repeat(201)}evil` }]],
    ['a link to an absolute path', [{ name: 'l', type: 'symlink', linkname: '/etc' }]],
    ['a link that leads out', [{ name: 'd/l', type: 'symlink', linkname: '../../x' }]],
    [
      'a link whose way back goes through another',
      [
        { name: 'a', type: 'symlink', linkname: '.' },
        { name: 'b', type: 'symlink', linkname: 'a/..' },
      ],
    ],
    [
      'a file below a link',
      [
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'd/', type: 'directory' },
        { name: 'l/evil', content: 'x' },
      ],
    ],
    [
      'a file in the place of a link',
      [
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'l', content: 'x' },
      ],
    ],
    [
      'a link in the place of a folder',
      [
        { name: 'd/x', content: 'x' },
        { name: 'd', type: 'symlink', linkname: '.' },
      ],
    ],
    [
      'a file below a file',
      [
        { name: 'f', content: 'x' },
        { name: 'f/x', content: 'x' },
      ],
    ],
    [
      'the same file twice',
      [
        { name: 'f', content: '1' },
        { name: './f', content: '2' },
      ],
    ],
    ['a hard link out', [{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
    ['a hard link up', [{ name: 'h', type: 'link', linkname: '../a.tar' }]],
    [
      'a hard link to a link',
      [
        { name: 'l', type: 'symlink', linkname: 'x' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
    ],
    [
      'a hard link to what comes later',
      [
        { name: 'h', type: 'link', linkname: 'f' },
        { name: 'f', content: 'x' },
      ],
    ],
    ['a character device', [{ name: 'null', type: 'character-device', devmajor: 1, devminor: 3 }]],
    ['a block device', [{ name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }]],
    ['a FIFO', [{ name: 'fifo', type: 'fifo' }]],
    ['a sparse file', [{ name: 's', content: 'x', pax: { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0' } }]],
    ['a NUL in a pax name', [{ name: 'x', content: 'x', pax: { path: 'a\0b' } }]],
    ['a name longer than any path', [{ name: 'x/'.repeat(3000) }]],
    ['a name that is too deep', [{ name: `${'x/'.repeat(140)}f`, content: '' }]],
    ['a file whose name is only long', [{ name: 'x'.repeat(300), content: '' }]],
  ])('refuses %s and keeps nothing', async (_what, entries) => {
    await using scope = makeTestScope();
    const archive = await tarOf([{ name: 'fine', content: 'fine' }, ...entries]);
    await expect(unpack(scope, archive)).rejects.toMatchObject({ name: 'CallFailure' });
    expectUntouched(scope);
    expect(existsSync(join(tmpdir(), 'evil'))).toBe(false);
  });

  it('refuses an entry of an unknown kind', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf([{ name: 'x', content: 'x' }]);
    // GNU's old sparse files; then the header's checksum, of which it is one byte.
    archive[156] = 'S'.charCodeAt(0);
    const sum = archive
      .subarray(0, 512)
      .reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    archive.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    await expect(unpack(scope, archive)).rejects.toThrow('kind');
    expectUntouched(scope);
  });

  it.each([0, 1, 511, 512, 700, 1024, 1536, 2047])(
    'refuses an archive that was cut off at %i bytes',
    async (length) => {
      await using scope = makeTestScope();
      const archive = await tarOf([{ name: 'a', content: 'x'.repeat(700) }]);
      await expect(unpack(scope, archive.subarray(0, length))).rejects.toMatchObject({ code: 'FAILED' });
      expectUntouched(scope);
    },
  );

  it('refuses compressed archives that were cut off or damaged', async () => {
    await using scope = makeTestScope();
    const whole = await tarOf([{ name: 'a', content: String(process.hrtime.bigint()).repeat(500) }]);
    for (const compressed of [gzipSync(whole), zstdCompressSync(whole)]) {
      const damaged = Buffer.from(compressed);
      damaged.fill(0xff, 40, 44);
      for (const bytes of [compressed.subarray(0, -5), compressed.subarray(0, 20), damaged]) {
        await expect(unpack(scope, bytes)).rejects.toMatchObject({ code: 'FAILED' });
        expectUntouched(scope);
      }
    }
    await expect(unpack(scope, Buffer.from('no archive at all '.repeat(100)))).rejects.toThrow('no tar archive');
    expectUntouched(scope);
  });

  it('ends a bomb by its ratio long before the disk does', async () => {
    await using scope = makeTestScope();
    const header = (await tarOf([{ name: 'zeros', content: '' }])).subarray(0, 512);
    const size = 400 * 1024 * 1024;
    header.write(`${size.toString(8).padStart(11, '0')} `, 124);
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const bomb = zstdCompressSync(Buffer.concat([header, Buffer.alloc(size + 1024)]));
    await expect(unpack(scope, bomb)).rejects.toThrow('times its own size');
    expectUntouched(scope);
    // Zeros behind the end are as much of a bomb.
    const tail = zstdCompressSync(Buffer.concat([await tarOf([{ name: 'a', content: 'a' }]), Buffer.alloc(size)]));
    await expect(unpack(scope, tail)).rejects.toThrow('times its own size');
    expectUntouched(scope);
  });

  it('keeps to max_bytes, max_entries and the quotas', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf(
      Array.from({ length: 10 }, (_, index) => ({ name: `f${index}`, content: 'x'.repeat(100) })),
    );
    await expect(unpack(scope, archive, { max_bytes: 999 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(unpack(scope, archive, { max_entries: 9 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expectUntouched(scope);
    await using bytes = makeTestScope();
    const rules = { read: '**', write: '**' };
    await expect(unpack(bytes, archive, {}, [{ ...rules, quota: '999B' }])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expectUntouched(bytes);
    await using files = makeTestScope();
    await expect(unpack(files, archive, {}, [{ ...rules, quota: { files: 9 } }])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expectUntouched(files);
    await using enough = makeTestScope();
    // The folder counts too.
    await unpack(enough, archive, { max_bytes: 1000, max_entries: 10 }, [
      { ...rules, quota: { bytes: '1000B', files: 11 } },
    ]);
    expect(readdirSync(at(enough, 'out'))).toHaveLength(10);
  });

  it('holds no more of names and headers than its limits', async () => {
    await using scope = makeTestScope();
    const long = Array.from(
      { length: 9000 },
      (_, index): TestEntry => ({
        name: `${index}${'x'.repeat(2000)}/y`,
        type: 'symlink',
        linkname: 'z',
      }),
    );
    await expect(unpack(scope, await tarOf(long))).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expectUntouched(scope);
    const attributes = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`SCHILY.xattr.${index}`, 'x'.repeat(10)]),
    );
    await expect(unpack(scope, await tarOf([{ name: 'f', content: '', pax: attributes }]))).rejects.toThrow('headers');
    expectUntouched(scope);
    await expect(unpack(scope, await tarOf(usual), { include: ['x'.repeat(300)] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  it('asks for each path of the archive', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf([
      { name: 'a/x', content: '1' },
      { name: 'b/x', content: '2' },
    ]);
    const fs = [{ read: '**' }, { write: ['out', 'out/a/**'] }];
    await expect(unpack(scope, archive, {}, fs)).rejects.toMatchObject({ code: 'DENIED' });
    expectUntouched(scope);
    await unpack(scope, archive, { exclude: ['b'] }, fs);
    expect(readdirSync(at(scope, 'out'))).toEqual(['a']);
    await expect(unpack(scope, archive, { to: '.' }, fs)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(unpack(scope, archive, {}, [{ write: '**' }])).rejects.toMatchObject({ code: 'DENIED' });
  });

  it('adds to a folder that is there, and writes through no link in it', async () => {
    await using scope = makeTestScope();
    const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
    writeFileSync(join(outside, 'file'), 'outside');
    mkdirSync(at(scope, 'out/d'), { recursive: true });
    writeFileSync(at(scope, 'out/d/old'), 'old');
    writeFileSync(at(scope, 'out/replaced'), 'old');
    symlinkSync(join(outside, 'file'), at(scope, 'out/link'));
    await unpack(
      scope,
      await tarOf([
        { name: 'd/new', content: 'new' },
        { name: 'replaced', content: 'new' },
        { name: 'link', content: 'new' },
        { name: 'e/f/g', content: 'new' },
      ]),
    );
    expect(textOf(scope, 'out/d/old')).toBe('old');
    expect(['d/new', 'replaced', 'link', 'e/f/g'].map((path) => textOf(scope, `out/${path}`))).toEqual([
      'new',
      'new',
      'new',
      'new',
    ]);
    expect(readFileSync(join(outside, 'file'), 'utf8')).toBe('outside');
    symlinkSync(outside, at(scope, 'out/dir'));
    await expect(unpack(scope, await tarOf([{ name: 'dir/evil', content: 'x' }]))).rejects.toMatchObject({
      code: 'FAILED',
    });
    await expect(unpack(scope, await tarOf([{ name: 'd', content: 'x' }]))).rejects.toMatchObject({ code: 'FAILED' });
    expect(readdirSync(outside)).toEqual(['file']);
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'out']);
  });

  it('unpacks into the workspace itself', async () => {
    await using scope = makeTestScope();
    await unpack(scope, await tarOf([{ name: 'x/y', content: '1' }]), { to: '.' });
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'x']);
  });

  it('follows no link to the archive or to the target', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf([{ name: 'x', content: '1' }]);
    const outside = mkdtempSync(join(tmpdir(), 'waterflow-outside-'));
    symlinkSync(outside, at(scope, 'out'));
    await expect(unpack(scope, archive)).rejects.toMatchObject({ code: 'DENIED' });
    await expect(unpack(scope, archive, { to: 'out/deeper' })).rejects.toMatchObject({ code: 'DENIED' });
    symlinkSync('a.tar', at(scope, 'link'));
    await expect(unpack(scope, archive, { from: 'link', to: 'other' })).rejects.toMatchObject({ code: 'DENIED' });
    expect(readdirSync(outside)).toEqual([]);
    expect(readdirSync(scope.workspace).sort()).toEqual(['a.tar', 'link', 'out']);
  });

  it('leaves nothing behind when the step is cancelled', async () => {
    const stop = new AbortController();
    await using scope = makeTestScope({ signal: stop.signal });
    const unpacking = unpack(
      scope,
      await tarOf(Array.from({ length: 500 }, (_, index) => ({ name: `f${index}`, content: 'x' }))),
    );
    stop.abort();
    await expect(unpacking).rejects.toMatchObject({ code: 'CANCELLED' });
    expectUntouched(scope);
  });
});
