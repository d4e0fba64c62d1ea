import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formsOf } from './forms.ts';
import { checkSecrets, createRedactor } from './redactor.ts';

const secret = 'hunter2/+&é?"x';

function inChunks(text: string, size: number, values: readonly string[]): string {
  const stream = createRedactor(values).stream();
  let out = '';
  for (let at = 0; at < text.length; at += size) {
    out += stream.push(text.slice(at, at + size));
  }
  return out + stream.end();
}

describe('redaction', () => {
  it('leaves text without secrets as it is', () => {
    expect(createRedactor([secret]).text('nothing to see')).toBe('nothing to see');
    expect(createRedactor([]).text('nothing to see')).toBe('nothing to see');
  });

  it('replaces a value by a mask of fixed length', () => {
    expect(createRedactor([secret]).text(`a ${secret} b`)).toBe('a *** b');
    expect(createRedactor(['abcd', 'a much longer value']).text('abcd, a much longer value')).toBe('***, ***');
  });

  it('covers values that overlap or touch with one mask', () => {
    expect(createRedactor(['abcdef', 'defghi']).text('1 abcdefghi 2')).toBe('1 *** 2');
    expect(createRedactor(['aaaa']).text('b aaaaaaaaa b')).toBe('b *** b');
    expect(createRedactor(['inner', 'an inner value']).text('an inner value; inner')).toBe('***; ***');
  });

  it('writes out the beginning of a value that is not completed', () => {
    const stream = createRedactor(['password']).stream();
    expect(stream.push('the pass')).toBe('the ');
    expect(stream.push('age')).toBe('passage');
    expect(stream.push(' passw')).toBe(' ');
    expect(stream.end()).toBe('passw');
  });

  it('finds a value whatever the chunks are', () => {
    for (let size = 1; size < 20; size += 1) {
      expect(inChunks(`before ${secret}${secret} after`, size, [secret])).toBe('before *** after');
    }
  });

  it.each([0, 1, 2])('finds base64 at alignment %i, in both alphabets', (before) => {
    const encoded = Buffer.from(`${'x'.repeat(before)}${secret}yz`).toString('base64');
    for (const text of [encoded, encoded.replaceAll('+', '-').replaceAll('/', '_')]) {
      const redacted = createRedactor([secret]).text(`Authorization: Basic ${text}`);
      expect(redacted).toContain('***');
      // What is left are the characters of the surrounding text, and those that depend on both.
      const left = redacted.replace('Authorization: Basic ', '').replace('***', '');
      expect(left.length).toBeLessThan(10);
    }
  });

  it('finds what a URL and what JSON make of it', () => {
    const redactor = createRedactor([secret, 'two words!']);
    expect(redactor.text(`?q=${encodeURIComponent(secret)}`)).toBe('?q=***');
    expect(redactor.text(`?q=${encodeURIComponent(secret).toLowerCase()}`)).toBe('?q=***');
    expect(redactor.text(new URLSearchParams({ q: 'two words!' }).toString())).toBe('q=***');
    expect(redactor.text(JSON.stringify({ secret }))).toBe('{"secret":"***"}');
    expect(redactor.text('hunter2\\/+&\\u00e9?\\"x')).toBe('***');
  });

  it('finds each line of a value of several lines, and a value whose last line break was lost', () => {
    const key = '-----BEGIN KEY-----\nfirst-line\r\nsecond-line\nend\n';
    const redactor = createRedactor([key]);
    expect(redactor.text('x second-line x first-line x end x')).toBe('x *** x *** x end x');
    expect(redactor.text(`x ${key.trim()} x`)).toBe('x *** x');
    expect(redactor.text(Buffer.from('token-value').toString('base64'))).not.toContain('***');
  });

  it('finds a value that whoever is shown the text sees, whatever stands within it', () => {
    const value = 'hunter2hunter2';
    for (const inside of [
      '\u001b[0m',
      '\u001b[1;31m\u001b[K',
      '\0',
      '\u200e',
      '\u200b',
      '\u001b]0;t\u0007',
      '\u009b',
      '\r',
    ]) {
      const written = `a ${value.split('').join(inside)} b ${inside}c`;
      for (const size of [1, 2, 3, 7, 100]) {
        const redacted = inChunks(written, size, [value]);
        expect(redacted).toContain('***');
        expect(redacted.replaceAll(inside, '')).toBe('a *** b c');
      }
    }
  });

  it('leaves colours and other text alone, and holds back no more than it must', () => {
    const text = 'a \u001b[31mhun\u001b[0m b \u001b[32mter2\u001b[0m\r\n';
    for (const size of [1, 2, 5, 100]) expect(inChunks(text, size, ['hunter2hunter2'])).toBe(text);
    const stream = createRedactor(['hunter2hunter2']).stream();
    expect(stream.push('a hun\u001b[0m')).toBe('a ');
    expect(stream.push('d')).toBe('hun\u001b[0md');
  });

  it('takes more between the characters of a value than anybody writes there for a part of it', () => {
    const bells = '\u0007'.repeat(10_000);
    for (const size of [1_000, 1_000_000]) {
      expect(inChunks(`a hun${bells}ter2 b`, size, ['hunter2'])).toBe('a *** b');
      expect(inChunks(`a hun${bells.repeat(200)}ter2 b`, size, ['hunter2'])).toContain('a ***');
      expect(inChunks(`a hun${bells.repeat(200)}ter2 b`, size, ['hunter2'])).not.toContain('hun');
    }
  });

  it('knows what is shown where a sequence is none, goes on over a line, or hides another', () => {
    const shows = (text: string): void => {
      expect(createRedactor(['12345678']).text(text)).toContain('***');
    };
    shows('1234\u001b[5678\u0001');
    shows('1234\u001b[31\n  m5678');
    shows('1234\u001b\u001b5678');
    shows('\u001b]0;\r1234\u001b[1m5678');
    shows('\u001b]0;title\u001b\\1234\u001b]0;1\u00075678');
    shows('1234\u{e0041}5678');
  });

  it('finds a value that itself has characters that are not shown', () => {
    expect(createRedactor(['pass\u200dword']).text('a pass\u001b[1mword b')).toBe('a *** b');
  });

  it('shows nobody a value, whatever that is not shown is woven into it', () => {
    const hidden = fc.constantFrom(
      '\u001b[0m',
      '\u001b[1;31m',
      '\u001b]0;t\u0007',
      '\u001b]8;;x\u001b\\',
      '\u001b(',
      ...Array.from('\0\u0008\u009b\u202e\u2066\u200b\ufeff\u00ad\u2028\u{e0041}\u{1d173}\ufff9\r'),
    );
    // What a report takes out before it shows a text.
    const sequences =
      // oxlint-disable-next-line no-control-regex -- control characters are what this is about
      /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\?)?|\u001b.?|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}\ufff9-\ufffb]|\p{Default_Ignorable_Code_Point}/gu;
    const shown = (text: string): string => text.replaceAll(sequences, '');
    const value = fc
      .string({ minLength: 4, maxLength: 12, unit: 'grapheme-composite' })
      .filter((text) => !/[*\s]/u.test(text) && shown(text).length >= 4);
    fc.assert(
      fc.property(
        value,
        fc.array(fc.array(hidden, { maxLength: 3 }), { minLength: 30, maxLength: 30 }),
        fc.integer({ min: 1, max: 9 }),
        (secretValue, between, size) => {
          const characters = Array.from(secretValue);
          const woven = characters.map((character, index) => character + (between[index] ?? []).join('')).join('');
          const written = `a ${(between.at(-1) ?? []).join('')} ${woven} b`;
          const redacted = inChunks(written, size, [secretValue]);
          expect(redacted).toBe(createRedactor([secretValue]).text(written));
          expect(shown(redacted)).not.toContain(shown(secretValue));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('takes as long as the text, whatever stands in it', () => {
    const redactor = createRedactor(['hunter2hunter2']);
    const startedAt = performance.now();
    for (const piece of ['\u001b', '\u001b[', '\u001b]0', 'h\u0007', '\u001b[0', 'hunter2\u200b']) {
      redactor.text(piece.repeat(100_000));
    }
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });

  it('redacts the strings and the keys of JSON values', () => {
    const value = { [secret]: [1, secret, { deep: `a${secret}` }], plain: true, nothing: null };
    expect(createRedactor([secret]).json(value)).toEqual({
      '***': [1, '***', { deep: 'a***' }],
      plain: true,
      nothing: null,
    });
  });

  it('redacts a number that is a value, and no other one', () => {
    expect(createRedactor(['12345678']).json({ pin: 12345678, longer: 123456789, time: 1.5 })).toEqual({
      pin: '***',
      longer: 123456789,
      time: 1.5,
    });
  });

  it('lets no form of any value through, in any chunks', () => {
    // A mask could complete a value of asterisks by chance.
    const value = fc.string({ minLength: 4, maxLength: 24, unit: 'binary' }).filter((text) => !text.includes('*'));
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3 }),
        fc.array(fc.oneof(fc.nat(), fc.string({ maxLength: 8 })), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        (values, pieces, size) => {
          const forms = values.flatMap((one) => formsOf(one));
          const text = pieces
            .map((piece) =>
              typeof piece === 'number' ? (forms[piece % forms.length] ?? '') : piece.replaceAll('*', ''),
            )
            .join('');
          const redacted = inChunks(text, size, values);
          expect(redacted).toBe(createRedactor(values).text(text));
          for (const form of forms) {
            expect(redacted.includes(form)).toBe(false);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the secrets of a run', () => {
  it('are refused when they are so short that any log would hold them', () => {
    expect(checkSecrets({ SHORT: 'abc' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(checkSecrets({ EMPTY: '' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(checkSecrets({ BLANK: ' \n   x ' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(checkSecrets({ ENOUGH: 'abcd' })).toBeUndefined();
  });

  it('are refused when they are files', () => {
    expect(checkSecrets({ FILE: 'x'.repeat(48 * 1024 + 1) })).toMatchObject({ code: 'INVALID_INPUT' });
  });
});
