import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainLine, plainLines, visibleText } from './plain-text.ts';

it('has in a text of several lines each as it is by itself, whatever would move a cursor or hide in it', () => {
  const part = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '\n',
      'plain',
      '\t',
      '\u001b',
      '\u001b[1m',
      '\u001b[31;1m',
      '\u001b]0;title',
      '\u0007',
      '\u200b',
      '\u202e',
      '[m',
    ),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      expect(plainLines(text)).toBe(text.split('\n').map(plainLine).join('\n'));
    }),
    { numRuns: 300 },
  );
});

it('shows what would reorder a text or hide in it as JSON writes it, and leaves the rest as it is', () => {
  expect(visibleText('Deploy to \u202egnigats\u202c?')).toBe('Deploy to \\u202egnigats\\u202c?');
  expect(visibleText('a\u200bb\u00ad\u0085\u001b[31m\u{e0041}')).toBe(
    'a\\u200bb\\u00ad\\u0085\\u001b[31m\\udb40\\udc41',
  );
  expect(visibleText('\rone\r\ntwo\u2028')).toBe('\\u000done\r\ntwo\\u2028');
  for (const text of ['', 'plain\n\ttext', 'שלום, 世界', '👩🏽‍💻 ❤️ 1️⃣']) expect(visibleText(text)).toBe(text);
});

it('leaves nothing in a text that plainLine would take away', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const line = visibleText(text).replaceAll(/[\t\r\n]|\ufe0f(?=\u20e3)/gu, ' ');
      expect(plainLine(line)).toBe(line);
    }),
    { numRuns: 300 },
  );
});
