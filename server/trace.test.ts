import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { childTraceParent, formatTraceParent, parseTraceParent } from './trace.ts';

const trace = '0af7651916cd43dd8448eb211c80319c';
const parent = 'b7ad6b7169203331';

describe('traceparent', () => {
  it.each([
    [`00-${trace}-${parent}-01`, { trace, parent, sampled: true }],
    [`00-${trace}-${parent}-00`, { trace, parent, sampled: false }],
    [`00-${trace}-${parent}-ff`, { trace, parent, sampled: true }],
    [`01-${trace}-${parent}-00-what-the-future-will-bring`, { trace, parent, sampled: false }],
    [`cc-${trace}-${parent}-01`, { trace, parent, sampled: true }],
  ])('%s is valid', (text, expected) => {
    expect(parseTraceParent(text)).toEqual(expected);
  });

  it.each([
    undefined,
    '',
    `ff-${trace}-${parent}-01`,
    `00-${'0'.repeat(32)}-${parent}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${parent}-01`,
    `00-${trace}-${parent.toUpperCase()}-01`,
    `00-${trace}-${parent}-01-`,
    `00-${trace}-${parent}-01-what-the-future-will-bring`,
    `01-${trace}-${parent}-01.what`,
    `00-${trace}-${parent}-0`,
    `00-${trace}-${parent}-1g`,
    `00-${trace}-${parent}`,
    `00-${trace.slice(1)}-${parent}-01`,
    ` 00-${trace}-${parent}-01`,
    `00-${trace}-${parent}-01\n`,
    `0a-${trace}-${parent}-01-${'x'.repeat(600)}`,
    `00-${trace}-${parent}-01, 00-${trace}-${parent}-01`,
  ])('%j is not', (text) => {
    expect(parseTraceParent(text)).toBeUndefined();
  });

  it('is read as it was written', () => {
    const hex = (length: number): fc.Arbitrary<string> =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdef'.split('')), minLength: length, maxLength: length });
    fc.assert(
      fc.property(hex(32), hex(16), fc.boolean(), (trace, parent, sampled) => {
        fc.pre(/[1-9a-f]/u.test(trace) && /[1-9a-f]/u.test(parent));
        expect(parseTraceParent(formatTraceParent({ trace, parent, sampled }))).toEqual({ trace, parent, sampled });
      }),
    );
  });

  it('of a child stays in the trace; without a parent a trace begins', () => {
    const child = childTraceParent({ trace, parent, sampled: false }, randomBytes);
    expect(child).toMatchObject({ trace, sampled: false });
    expect(child.parent).not.toBe(parent);
    const first = childTraceParent(undefined, randomBytes);
    expect(parseTraceParent(formatTraceParent(first))).toEqual(first);
    // Even where the dice give zeros.
    const dice = [new Uint8Array(8), new Uint8Array(8).fill(1)];
    expect(childTraceParent({ trace, parent, sampled: true }, () => dice.shift()!).parent).toBe('01'.repeat(8));
  });
});
