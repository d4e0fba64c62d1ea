import { execFileSync } from 'node:child_process';
import {
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
import { makeTestScope } from '../../testing/call.ts';
import { tarOf } from '../testing/tar.ts';
import { at, left, textOf, unpack, usual } from '../testing/unpack.ts';

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

  it('asks for each path of the archive', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf([
      { name: 'a/x', content: '1' },
      { name: 'b/x', content: '2' },
    ]);
    const fs = [{ read: '**' }, { write: ['out', 'out/a/**'] }];
    await expect(unpack(scope, archive, {}, fs)).rejects.toMatchObject({ code: 'DENIED' });
    expect(left(scope)).toEqual(['a.tar']);
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
    expect(left(scope)).toEqual(['a.tar']);
  });
});
