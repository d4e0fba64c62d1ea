import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type InputLine, linesOf } from './lines.ts';

async function linesIn(chunks: readonly Uint8Array[], longest = 1000): Promise<readonly InputLine[]> {
  async function* input(): AsyncGenerator<Uint8Array> {
    yield* chunks;
  }
  const lines: InputLine[] = [];
  for await (const line of linesOf(input(), { longest })) lines.push(line);
  return lines;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('ends lines at line feeds, with a carriage return before them or without', async () => {
  expect(await linesIn([bytes('a\nb\r\n\nc')])).toEqual([{ text: 'a' }, { text: 'b' }, { text: '' }, { text: 'c' }]);
});

test('keeps the characters that other readers take for line breaks', async () => {
  expect(await linesIn([bytes('a\u2028b\u2029c\u0085d\re\n')])).toEqual([{ text: 'a\u2028b\u2029c\u0085d\re' }]);
});

test('leaves out a byte order mark', async () => {
  expect(await linesIn([bytes('\ufeffa\nb')])).toEqual([{ text: 'a' }, { text: 'b' }]);
});

test('gives no more of a line that is too long than that it is, and goes on with the next', async () => {
  const long = 'x'.repeat(11);
  expect(await linesIn([bytes(`${long}\nb\n${long}`), bytes(long), bytes('\nd')], 10)).toEqual([
    { tooLong: true },
    { text: 'b' },
    { tooLong: true },
    { text: 'd' },
  ]);
  expect(await linesIn([bytes('1234567890\n')], 10)).toEqual([{ text: '1234567890' }]);
});

test('finds the same lines wherever the input is cut into chunks', async () => {
  const texts = fc
    .array(fc.string({ unit: fc.constantFrom('a', 'ä', '😀', '\r', '\n', '\u2028') }))
    .map((all) => all.join(''));
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(8), { minLength: 1 }), async (text, sizes) => {
      const whole = bytes(text);
      const chunks: Uint8Array[] = [];
      for (let start = 0, turn = 0; start < whole.length; turn += 1) {
        const end = start + (sizes[turn % sizes.length] ?? 0) + 1;
        chunks.push(whole.subarray(start, end));
        start = end;
      }
      expect(await linesIn(chunks)).toEqual(await linesIn([whole]));
    }),
  );
});
