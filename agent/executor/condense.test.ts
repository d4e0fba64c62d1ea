import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import { createRedactor } from '../redaction/index.ts';
import { condense } from './condense.ts';

const same = (value: Json): Json => value;
const digest = (text: string) => ({
  sha256: createHash('sha256').update(text).digest('hex'),
  bytes: Buffer.byteLength(text),
  begins: text.slice(0, 200),
  ends: text.slice(-200),
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

  it('are not looked through where characters that are not shown would make that take long', () => {
    const looked: string[] = [];
    const look = (value: Json): Json => {
      looked.push(JSON.stringify(value));
      return value;
    };
    const hidden = 'a\u200b'.repeat(30_000);
    const [first, second] = [digest(hidden), { ...digest(hidden), begins: '', ends: '' }];
    expect(condense({ a: hidden, b: [hidden] }, look)).toMatchObject({
      args: { a: first, b: [second] },
      truncated: true,
    });
    const many = Array.from({ length: 40 }, () => 'x'.repeat(1000));
    expect(condense({ many, c: hidden, d: hidden, e: hidden }, look)).toMatchObject({ args: { e: { ends: '' } } });
    expect(Math.max(...looked.map((text) => text.length))).toBeLessThan(130_000);
  });

  it('are digests one by one where there are too many, so that one hides no other', () => {
    for (const many of [Array.from({ length: 100_000 }, () => 1), Array.from({ length: 40 }, () => 'x'.repeat(1000))]) {
      expect(condense({ command: 'bash', args: many, input: '#'.repeat(600) }, same)).toMatchObject({
        args: { command: 'bash', args: digest(JSON.stringify(many)), input: digest(JSON.stringify('#'.repeat(600))) },
        truncated: true,
      });
    }
  });

  it('show how a long text begins and ends', () => {
    const script = `${'#'.repeat(3000)}\nrm -rf x`;
    expect(condense({ args: ['-c', script] }, same).args).toEqual({ args: ['-c', digest(script)] });
    expect(digest(script).ends).toContain('rm -rf x');
  });

  it('are a digest as a whole where their names alone are too many', () => {
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

  it('are redacted where there are too many, too', () => {
    const redactor = createRedactor(['hunter2hunter2']);
    const args = {
      hunter2hunter2: 1,
      list: ['hunter2hunter2', ...Array.from({ length: 40_000 }, () => 1)],
      a: 'hunter2hunter2',
    };
    expect(JSON.stringify(condense(args, (value) => redactor.json(value)))).not.toContain('hunter2');
  });

  it('are redacted', () => {
    expect(condense({ a: 'secret' }, () => ({ a: '***' }))).toMatchObject({ args: { a: '***' } });
  });
});
