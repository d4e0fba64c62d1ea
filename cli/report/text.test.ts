import { assert, constantFrom, integer, oneof, property, string, stringMatching } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guardedText } from '../terminal-guard.ts';
import { formatDuration, LineBuffer, plainJson, plainLine, plainLogLine } from './text.ts';

/** What steers a terminal, reorders what it shows or isn't seen: controls of either kind, line separators, directions, blanks without width. */
const steering =
  /[\p{Cc}\p{Bidi_Control}\u2028\u2029\u00ad\u180e\u200b\u200c\u2060-\u2064\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/u;

/** Texts full of what a hostile log would hold. */
const hostile = string({
  unit: oneof(
    constantFrom(
      '\u001b',
      '[',
      ']',
      '0',
      ';',
      'm',
      'J',
      '\u0007',
      '\u009b',
      '\u009d',
      '\\',
      '\r',
      '\n',
      '\t',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u200d',
      '\ufe0f',
      '\u{e0041}',
    ),
    string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
});

describe('formatDuration', () => {
  it.each([
    [0, '0ms'],
    [0.4, '0ms'],
    [999, '999ms'],
    [999.6, '1.0s'],
    [4_249, '4.2s'],
    [59_999, '59.9s'],
    [60_000, '1m 0s'],
    [192_000, '3m 12s'],
    [3_599_999, '59m 59s'],
    [7_500_000, '2h 5m'],
    [-5, '0ms'],
  ])('says of %d ms %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
  });

  it('never counts past a unit', () => {
    assert(
      property(integer({ min: 0, max: 10 ** 9 }), (milliseconds) => {
        expect(formatDuration(milliseconds)).toMatch(
          /^(?:\d{1,3}ms|[1-5]?\d\.\ds|[1-5]?\dm [1-5]?\ds|\d+h [1-5]?\dm)$/,
        );
      }),
    );
  });
});

describe('plainLine', () => {
  it.each([
    ['a colour', '\u001b[31mred\u001b[0m', 'red'],
    ['a title', '\u001b]0;owned\u0007x', 'x'],
    ['a title without end', 'x\u001b]0;owned', 'x'],
    ['a link', '\u001b]8;;http://x\u001b\\text\u001b]8;;\u001b\\', 'text'],
    ['a lone escape', 'a\u001b', 'a'],
    ['an 8-bit control', 'a\u009b2Jb', 'a2Jb'],
    ['a tab', 'a\tb', 'a    b'],
    ['lines', 'a \n  b\r\nc', 'a b c'],
    ['a direction', 'user\u202etxt.exe', 'usertxt.exe'],
    ['what is not seen', 'pa\u200by\ufeffp\u00ada\u180el\u2060\u200d\u3164\u034f\ufe0f', 'paypal'],
    ['a message in tags', 'ok\u{e0068}\u{e0069}', 'ok'],
    ['a picture made of several', '👩🏽\u200d🚒 ❤\ufe0f\u200d🔥', '👩🏽\u200d🚒 ❤\ufe0f\u200d🔥'],
    ['letters of any script', 'naïve 水流 🚰 שלום', 'naïve 水流 🚰 שלום'],
  ])('of %s leaves the text', (_what, text, expected) => {
    expect(plainLine(text)).toBe(expected);
  });

  it('leaves nothing that steers a terminal, whatever the text, and nothing to do a second time', () => {
    assert(
      property(hostile, (text) => {
        const plain = plainLine(text);
        expect(plain).not.toMatch(steering);
        expect(plainLine(plain)).toBe(plain);
        expect(plainLogLine(text)).not.toMatch(steering);
      }),
    );
  });
});

describe('the time that a line takes', () => {
  // A quadratic pattern needs minutes for each of these.
  it.each([
    ['blanks', ' '.repeat(1_000_000)],
    ['tabs before a letter', `${'\t'.repeat(1_000_000)}x`],
    ['carriage returns', `${'\r'.repeat(1_000_000)}x`],
    ['blanks and carriage returns', ' \r'.repeat(500_000)],
    ['line breaks and blanks', ' \n \r\n'.repeat(200_000)],
    ['beginnings of escape sequences', '\u001b['.repeat(500_000)],
    ['an escape sequence without an end', `\u001b[${'0 '.repeat(500_000)}`],
    ['titles without ends', '\u001b]0'.repeat(300_000)],
  ])('grows as it does: a megabyte of %s is cleaned within seconds', (_what, text) => {
    const startedAt = performance.now();
    plainLine(text);
    plainLogLine(text);
    plainJson(text);
    guardedText(text, 'text and colours');
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

describe('plainLogLine', () => {
  it('shows of a progress bar what it last wrote over itself', () => {
    expect(plainLogLine('10%\r50%\r100%\r\r')).toBe('100%');
  });
});

describe('plainJson', () => {
  it('writes what is not seen as escapes', () => {
    expect(plainJson('a\u200b\u{e0041}')).toBe('"a\\u200b\\udb40\\udc41"');
  });

  it('is the same value without control characters', () => {
    assert(
      property(hostile, (text) => {
        const json = plainJson({ [text]: text });
        expect(json).not.toMatch(steering);
        expect(JSON.parse(json)).toEqual({ [text]: text });
      }),
    );
  });
});

describe('LineBuffer', () => {
  it('gives the lines of a text however it is cut', () => {
    assert(
      property(stringMatching(/^[ab\n]{0,60}$/), integer({ min: 1, max: 7 }), (text, size) => {
        const buffer = new LineBuffer();
        const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const lines = [...chunks.flatMap((chunk) => buffer.push(chunk)), ...buffer.flush()];
        expect(lines).toEqual(text === '' ? [] : text.replace(/\n$/, '').split('\n'));
      }),
    );
  });

  it('hands out a line without end in pieces', () => {
    const buffer = new LineBuffer();
    const pieces = Array.from({ length: 100 }, () => buffer.push('x'.repeat(1000))).flat();
    expect(pieces.map((piece) => piece.length)).toEqual([16_384, 16_384, 16_384, 16_384, 16_384, 16_384]);
    expect(buffer.flush().join('')).toHaveLength(100_000 - 6 * 16_384);
  });
});
