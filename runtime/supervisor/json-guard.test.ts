import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUntrustedJson } from './json-guard.ts';

const parse = (text: string) => parseUntrustedJson(Buffer.from(text));

describe('JSON from a sandbox', () => {
  it('is what JSON.parse makes of it', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        fc.pre(!text.includes('__proto__'));
        expect(parse(text)).toEqual({ value: JSON.parse(text) });
      }),
    );
  });

  it('is a problem, never an exception, where it is anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const parsed = parseUntrustedJson(bytes);
        expect('value' in parsed || 'problem' in parsed).toBe(true);
      }),
    );
  });

  it.each([
    ['a list', '['.repeat(100_000)],
    ['objects', '{"a":'.repeat(101) + '1' + '}'.repeat(101)],
    ['what follows a text with brackets', `["]]]]]]\\"]]]]",${'['.repeat(100)}${']'.repeat(101)}`],
  ])('is refused where %s is nested too deep', (_, text) => {
    expect(parse(text)).toEqual({ problem: 'it is nested deeper than 100 levels' });
  });

  it.each([
    ['one object', (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`],
    ['many objects', (count: number) => `[${'{"a" :1},'.repeat(count - 1)}{"a":1}]`],
  ])('is refused with too many keys in %s', (_, withKeys) => {
    const most = 1000;
    expect(parseUntrustedJson(Buffer.from(withKeys(most)), most)).toHaveProperty('value');
    const problem = { problem: 'its objects have more than 1000 keys' };
    expect(parseUntrustedJson(Buffer.from(withKeys(most + 1)), most)).toEqual(problem);
    expect(parse(withKeys(100_001))).toHaveProperty('problem');
  });

  it('is refused with too many different keys, of one object or of many', () => {
    const problem = { problem: 'its objects have more than 20000 different keys' };
    const members = (count: number) => Array.from({ length: count }, (_, index) => `"k${index}" :1`);
    const same = ',{"k0":1,"k1":"x:y"}'.repeat(30_000);
    expect(parse(`[{${members(20_000).join(',')}}${same}]`)).toHaveProperty('value');
    expect(parse(`[{${members(20_001).join(',')}}${same}]`)).toEqual(problem);
    expect(parse(`[{${members(20_001).join('},{')}}]`)).toEqual(problem);
  });

  it('does not count the keys that a text tells of', () => {
    const text = JSON.stringify({ text: JSON.stringify({ a: 1, b: 2, c: { d: 'x:y' } }), list: ['"a":1', ':'] });
    expect(parseUntrustedJson(Buffer.from(text), 2)).toEqual({ value: JSON.parse(text) });
  });

  it('does not count brackets within texts', () => {
    expect(parse(JSON.stringify({ text: '['.repeat(1000), more: '\\"[' }))).toHaveProperty('value');
  });

  it('counts brackets where JSON has them, whatever its texts hold and however long they are', () => {
    const piece = fc.constantFrom('"', '\\', '[', '{', ']', '\\"', 'x'.repeat(31), 'y'.repeat(32), 'z'.repeat(33), 'é');
    const texts = fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 8 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 90, max: 110 }), (pieces, depth) => {
        const inside = pieces.map((each) => JSON.stringify(each.join(''))).join(',');
        const text = `${'['.repeat(depth)}${inside}${']'.repeat(depth)}`;
        const problem = { problem: 'it is nested deeper than 100 levels' };
        expect(parse(text)).toEqual(depth > 100 ? problem : { value: JSON.parse(text) });
      }),
      { numRuns: 500 },
    );
  });

  it.each(['{"__proto__":1}', '[{"a":{"__proto__":{}}}]', '{"\\u005f_proto__":1}', '{"__pro\\u0074o__":1}'])(
    'is refused with a key __proto__, however it is written: %s',
    (text) => {
      expect(parse(text)).toEqual({ problem: 'it has a key `__proto__`' });
    },
  );

  it('may say __proto__ in a text', () => {
    expect(parse('{"text":"__proto__"}')).toEqual({ value: { text: '__proto__' } });
  });
});
