import fc from 'fast-check';
import { expect, it } from 'vitest';
import { plainLine, plainLines } from './plain-text.ts';

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
