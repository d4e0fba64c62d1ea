import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readJsonBody, repeatedKey } from './json.ts';

describe('the body of a request', () => {
  test('that JSON.stringify() wrote has no key twice', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        expect(repeatedKey(JSON.stringify(value, undefined, 2))).toBeUndefined();
      }),
    );
  });

  test('that has one twice is refused, however deep and however it is written', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, noNullPrototype: true }),
        fc.nat(),
        (object, at) => {
          const keys = Object.keys(object);
          const key = keys[at % keys.length] ?? '';
          const unit = (at: number): string => `\\u${key.charCodeAt(at).toString(16).padStart(4, '0')}`;
          const escaped = Array.from({ length: key.length }, (_nothing, at) => unit(at)).join('');
          const text = `{"outer": [${JSON.stringify(object).slice(0, -1)}, "${escaped}" : 1}]}`;
          expect(repeatedKey(text)).toBe(key);
        },
      ),
    );
  });

  test.each([
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"x":{"a":{},"b":"a","a":0}}',
    '[]',
    '1',
    '{',
    '{"__proto__":{}}',
  ])('is refused: %s', (text) => {
    expect(() => readJsonBody(Buffer.from(text))).toThrow(/the request can't be read/u);
  });

  test.each(['{"a":{"a":1},"b":{"a":1}}', '{"a":"\\"a\\":","b":[{"a":1},{"a":2}]}'])('is read: %s', (text) => {
    expect(readJsonBody(Buffer.from(text))).toEqual(JSON.parse(text));
  });
});
