import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import { condense } from './condense.ts';

const same = (value: Json): Json => value;
const digest = (text: string) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  bytes: Buffer.byteLength(text),
});

describe('the arguments of a call in the record', () => {
  it('are kept, but for long texts', () => {
    const long = 'ü'.repeat(3000);
    const args = { path: 'a', content: long, flags: [true, null, 3] };
    expect(condense(args, same)).toEqual({
      args: { path: 'a', content: digest(long), flags: [true, null, 3] },
      bytes: Buffer.byteLength(JSON.stringify(args)),
      truncated: true,
    });
    expect(condense({ path: 'ü' }, same)).toEqual({ args: { path: 'ü' }, bytes: 13, truncated: false });
  });

  it('are a digest as a whole where there are too many', () => {
    for (const many of [Array.from({ length: 100_000 }, () => 1), Array.from({ length: 40 }, () => 'x'.repeat(1000))]) {
      expect(condense({ args: many }, same)).toMatchObject({
        args: digest(JSON.stringify({ args: many })),
        truncated: true,
      });
    }
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key${index}`, 1]));
    expect(condense(wide, same).args).toEqual(digest(JSON.stringify(wide)));
  });

  it('take little room, whatever they are', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      // fast-check's JSON values are JSON.
      expect(JSON.stringify(condense(value as Json, same).args).length).toBeLessThan(6 * 32 * 1024);
    });
    expect(() => fc.assert(property)).not.toThrow();
  });

  it('are redacted', () => {
    expect(condense({ a: 'secret' }, () => ({ a: '***' }))).toMatchObject({ args: { a: '***' } });
  });
});
