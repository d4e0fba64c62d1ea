import { readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../../testing/call.ts';
import { spoolContext } from './context-archive.ts';

async function archiveOf(text: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: 'Dockerfile' }, text);
  archive.finalize();
  return await buffer(archive);
}

/** In pieces of a few bytes, as a network may hand them over. */
function inPieces(bytes: Buffer, size: number): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_none, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return Readable.from(pieces);
}

describe('a context that a client sends', () => {
  test.each([
    ['as it is', (bytes: Buffer) => bytes],
    ['compressed', (bytes: Buffer) => gzipSync(bytes)],
  ])('is taken %s', async (_how, made) => {
    await using scope = makeTestScope();
    const bytes = made(await archiveOf('FROM ü\n'));
    await using archive = await spoolContext(inPieces(bytes, 1), scope);
    expect(await archive.text('Dockerfile')).toBe('FROM ü\n');
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test.each<[string, (whole: Buffer) => Buffer, string]>([
    ['breaks off', (whole) => whole.subarray(0, whole.length - 20), 'compressed, and broken'],
    ['is none', (whole) => Buffer.concat([whole.subarray(0, 2), Buffer.alloc(100, 7)]), 'compressed, and broken'],
  ])('is refused where its compression %s', async (_how, broken, message) => {
    await using scope = makeTestScope();
    const whole = gzipSync(await archiveOf('FROM a\n'.repeat(1000)));
    await expect(spoolContext(inPieces(broken(whole), 50), scope)).rejects.toThrow(message);
    expect(readdirSync(scope.temp())).toEqual([]);
  });

  test('is measured as it comes out of the compression', async () => {
    await using scope = makeTestScope();
    const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024));
    expect(bomb.length).toBeLessThan(10_000);
    await expect(spoolContext(inPieces(bomb, 1000), scope, 1024 * 1024)).rejects.toThrow('more than 1048576 bytes');
  });

  test('of a few bytes is no archive, and of none is an empty one', async () => {
    await using scope = makeTestScope();
    await using none = await spoolContext(Readable.from([]), scope);
    expect(await none.text('Dockerfile')).toBeUndefined();
    await using few = await spoolContext(inPieces(Buffer.from('x'), 1), scope);
    await expect(few.text('Dockerfile')).rejects.toThrow('no tar archive');
  });
});
