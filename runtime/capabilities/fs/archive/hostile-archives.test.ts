import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallFailure } from '../../capability.ts';
import { makeTestScope } from '../../testing/call.ts';
import { type TestEntry, tarOf } from '../testing/tar.ts';
import { at, left, unpack, usual, writeChecksum } from '../testing/unpack.ts';

describe('fs.unpack of an archive that is hostile or damaged', () => {
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
    expect(left(scope)).toEqual(['a.tar']);
    expect(existsSync(join(tmpdir(), 'evil'))).toBe(false);
  });

  it('refuses an entry of an unknown kind', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf([{ name: 'x', content: 'x' }]);
    // GNU's old sparse files; then the header's checksum, of which it is one byte.
    archive[156] = 'S'.charCodeAt(0);
    writeChecksum(archive);
    await expect(unpack(scope, archive)).rejects.toThrow('kind');
    expect(left(scope)).toEqual(['a.tar']);
  });

  it.each([0, 1, 511, 512, 700, 1024, 1536, 2047])(
    'refuses an archive that was cut off at %i bytes',
    async (length) => {
      await using scope = makeTestScope();
      const archive = await tarOf([{ name: 'a', content: 'x'.repeat(700) }]);
      await expect(unpack(scope, archive.subarray(0, length))).rejects.toMatchObject({ code: 'FAILED' });
      expect(left(scope)).toEqual(['a.tar']);
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
        expect(left(scope)).toEqual(['a.tar']);
      }
    }
    await expect(unpack(scope, Buffer.from('no archive at all '.repeat(100)))).rejects.toThrow('no tar archive');
    expect(left(scope)).toEqual(['a.tar']);
  });

  it('ends a bomb by its ratio long before the disk does', async () => {
    await using scope = makeTestScope();
    const header = (await tarOf([{ name: 'zeros', content: '' }])).subarray(0, 512);
    const size = 400 * 1024 * 1024;
    header.write(`${size.toString(8).padStart(11, '0')} `, 124);
    writeChecksum(header);
    const bomb = zstdCompressSync(Buffer.concat([header, Buffer.alloc(size + 1024)]));
    await expect(unpack(scope, bomb)).rejects.toThrow('times its own size');
    expect(left(scope)).toEqual(['a.tar']);
    // Zeros behind the end are as much of a bomb.
    const tail = zstdCompressSync(Buffer.concat([await tarOf([{ name: 'a', content: 'a' }]), Buffer.alloc(size)]));
    await expect(unpack(scope, tail)).rejects.toThrow('times its own size');
    expect(left(scope)).toEqual(['a.tar']);
  });

  it('keeps to max_bytes, max_entries and the quotas', async () => {
    await using scope = makeTestScope();
    const archive = await tarOf(
      Array.from({ length: 10 }, (_, index) => ({ name: `f${index}`, content: 'x'.repeat(100) })),
    );
    await expect(unpack(scope, archive, { max_bytes: 999 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await expect(unpack(scope, archive, { max_entries: 9 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(left(scope)).toEqual(['a.tar']);
    await using bytes = makeTestScope();
    const rules = { read: '**', write: '**' };
    await expect(unpack(bytes, archive, {}, [{ ...rules, quota: '999B' }])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(left(bytes)).toEqual(['a.tar']);
    await using files = makeTestScope();
    await expect(unpack(files, archive, {}, [{ ...rules, quota: { files: 9 } }])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    });
    expect(left(files)).toEqual(['a.tar']);
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
    expect(left(scope)).toEqual(['a.tar']);
    const attributes = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`SCHILY.xattr.${index}`, 'x'.repeat(10)]),
    );
    await expect(unpack(scope, await tarOf([{ name: 'f', content: '', pax: attributes }]))).rejects.toThrow('headers');
    expect(left(scope)).toEqual(['a.tar']);
    await expect(unpack(scope, await tarOf(usual), { include: ['x'.repeat(300)] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENTS',
    });
  });

  it('comes to an end on archives that are damaged anywhere, and keeps all or nothing', async () => {
    const whole = await tarOf([...usual, { name: `${'long/'.repeat(60)}f`, content: 'deep', pax: { comment: 'x' } }]);
    const place = fc.record({
      at: fc.nat(whole.length - 1),
      byte: fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('0127L/.K'))),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 6 }), fc.boolean(), async (changes, isRepaired) => {
        const archive = Buffer.from(whole);
        for (const { at: offset, byte } of changes) {
          archive[offset] = byte;
          if (isRepaired) writeChecksum(archive.subarray(offset - (offset % 512)));
        }
        await using scope = makeTestScope();
        const outcome = await unpack(scope, archive).then(
          () => 'whole',
          (cause: unknown) => (cause instanceof CallFailure ? 'nothing' : cause),
        );
        expect(['whole', 'nothing']).toContain(outcome);
        expect(left(scope).join()).toBe(outcome === 'whole' ? 'a.tar,out' : 'a.tar');
        expect(readdirSync(join(scope.workspace, '..')).sort()).toEqual(['temp', 'workspace']);
      }),
      { numRuns: 100 },
    );
  });
});
