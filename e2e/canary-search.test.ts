import { randomBytes } from 'node:crypto';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { tracesOf } from './canary-search.ts';

const canary = 'c4n@ry/+&="é\\ of 30 characters';
const around = (bytes: Buffer | string): Buffer =>
  Buffer.concat([randomBytes(1001), Buffer.from(bytes), randomBytes(503)]);
const utf8 = Buffer.from(canary);

describe('the search for a canary', () => {
  it.each<[string, Buffer | string, string]>([
    ['as it is', canary, 'raw'],
    ['in JSON', JSON.stringify({ canary }), 'JSON'],
    ['in JSON in JSON', JSON.stringify({ text: JSON.stringify({ canary }) }), 'JSON in JSON'],
    ['in a URL', `https://example.com/?q=${encodeURIComponent(canary)}`, 'URL'],
    ['in a form', new URLSearchParams({ canary }).toString(), 'URL'],
    ['with each byte escaped', utf8.toString('hex').replaceAll(/../gu, '%$&'), 'URL, each byte'],
    ['in hexadecimal digits', utf8.toString('hex').toUpperCase(), 'hex'],
    ['in UTF-16', Buffer.from(canary, 'utf16le'), 'UTF-16LE'],
    ['in UTF-16, the other way round', Buffer.from(canary, 'utf16le').swap16(), 'UTF-16BE'],
    ['in base64', Buffer.from(`abc${canary}z`).toString('base64'), 'base64 from 0'],
    ['in base64, a byte later', Buffer.from(`a${canary}z`).toString('base64'), 'base64 from 1'],
    ['in base64, two bytes later', Buffer.from(`ab${canary}z`).toString('base64url'), 'base64 from 2'],
    ['compressed by gzip', gzipSync(`before ${canary} after`), 'gzip: raw'],
    ['compressed by zstd', zstdCompressSync(`before ${canary} after`), 'zstd: raw'],
    ['compressed by zlib', deflateSync(`before ${canary} after`), 'zlib: raw'],
    ['compressed twice', gzipSync(zstdCompressSync(JSON.stringify({ canary }))), 'gzip: zstd: JSON'],
  ])('finds it %s, among other bytes', (_how, bytes, name) => {
    const found = tracesOf(canary, around(bytes));
    expect(found.some((trace) => trace === name || trace.startsWith(`${name},`))).toBe(true);
  });

  it('finds a line of it', () => {
    expect(tracesOf('the first line of it\nand another one', around('so: and another one'))).toEqual(['raw']);
  });

  it('finds nothing where it is not, whatever the bytes look like', () => {
    // Behind a byte of its own: a random one is, once in 256 times, the very one that was left out.
    const cut = `x${canary.slice(1)}`;
    const alike = [gzipSync('something else'), Buffer.from('1f8b0828b52ffd789c', 'hex'), cut];
    expect(tracesOf(canary, Buffer.concat(alike.map((bytes) => around(bytes))))).toEqual([]);
  });
});
