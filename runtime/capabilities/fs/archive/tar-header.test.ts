import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';
import { expect, it } from 'vitest';
import { encodeHeader, paddingOf, type TarHeader } from './tar-header.ts';

const types = { file: 'file', folder: 'directory', link: 'symlink' } as const;

/** What tar-stream writes before the content of an entry. */
async function expected({ name, type, mode, size, target }: TarHeader): Promise<Buffer> {
  const tar = pack();
  const header: Partial<Header> & Pick<Header, 'name'> = {
    name,
    type: types[type],
    mode,
    size,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    linkname: target,
  };
  const entry = tar.entry(header, () => {});
  if (type === 'file') {
    entry.end(Buffer.alloc(size));
  }
  tar.finalize();
  const whole = await buffer(Readable.from(tar));
  return whole.subarray(0, whole.length - 1024 - size - paddingOf(size));
}

const name = fc
  .array(fc.string({ unit: fc.constantFrom('a', 'Z', ' ', '.', 'ü', '日'), minLength: 1, maxLength: 70 }), {
    minLength: 1,
    maxLength: 6,
  })
  .map((names) => names.join('/'));
const plainName = fc
  .array(fc.stringMatching(/^[a-z0-9]{1,110}$/), { minLength: 1, maxLength: 6 })
  .map((names) => names.join('/'));

it('is that of tar-stream, byte for byte', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(name, plainName),
      fc.oneof(name, plainName),
      fc.constantFrom('file' as const, 'folder' as const, 'link' as const),
      fc.constantFrom(0o644, 0o755, 0o777),
      fc.nat(2000),
      async (path, target, type, mode, bytes) => {
        const size = type === 'file' ? bytes : 0;
        const header = {
          name: type === 'folder' ? `${path}/` : path,
          type,
          mode,
          size,
          target: type === 'link' ? target : '',
        };
        expect(encodeHeader(header).equals(await expected(header))).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});

it('says in an extended header how large a file is that is larger than a header can say', () => {
  const header = encodeHeader({ name: 'large', type: 'file', mode: 0o644, size: 2 ** 33, target: '' });
  expect(header.length).toBe(3 * 512);
  expect(header.toString('latin1', 512, 560)).toMatch(/^14 path=large\n19 size=8589934592\n/);
});
