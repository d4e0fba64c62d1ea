import { describe, expect, it } from 'vitest';
import { contrast, readable, rgbOf } from './colours.ts';
import { spansOf } from './spans.ts';

const escape = '\u001b';
const look = (line: string): readonly unknown[] =>
  spansOf(line.replaceAll('^', escape)).map(({ text, classes, style }) => [text, classes.join(' '), style]);

describe('a line of a log', () => {
  it('has what a progress bar wrote last, in the colour that was chosen before', () => {
    expect(look('^[31m10%\r50%\r100%\r')).toEqual([['100%', 'ansi-red', {}]]);
  });

  it('has the colours of the themes where they have names, and what they look like elsewhere', () => {
    expect(look('^[1;31mbold^[0m ^[4;9mboth^[24mone')).toEqual([
      ['bold', 'ansi-red ansi-bold', {}],
      [' ', '', {}],
      ['both', 'ansi-underline ansi-strikethrough', {}],
      ['one', 'ansi-strikethrough', {}],
    ]);
  });

  it.each(['38;5;196', '38;2;255;0;0', '38:5:196', '38:2::255:0:0', '38:2:255:0:0'])('has a colour by %s', (code) => {
    const [[text, classes, style] = []] = look(`^[${code}mred`) as readonly (readonly unknown[])[];
    expect([text, classes]).toEqual(['red', '']);
    expect(style).toHaveProperty('color', expect.stringMatching(/^light-dark\(rgb\(.*\), rgb\(.*\)\)$/u));
  });

  it('has grounds, and on each a text that can be read', () => {
    expect(look('^[41mon red')).toEqual([['on red', '', { color: 'rgb(255 255 255)', background: 'rgb(205 0 0)' }]]);
    expect(look('^[7mturned^[0m ^[31;7mred')).toEqual([
      ['turned', 'ansi-reverse', {}],
      [' ', '', {}],
      ['red', '', { color: expect.any(String), background: 'rgb(205 0 0)' }],
    ]);
  });

  it.each([
    ['a link', '^]8;;javascript:alert(1)^\\here^]8;;^\\', 'here'],
    ['a title', '^]0;title\u0007text', 'text'],
    ['moves of the cursor', 'a^[2K^[1Gb^[10;10Hc', 'abc'],
    ['an escape by itself', 'a ^', 'a '],
    ['what is no colour', '^[38;5;999mtext^[99999999999999m^[38:7:1m', 'text'],
  ])('has nothing of %s but the text', (_, line, text) => {
    expect(
      spansOf(line.replaceAll('^', escape))
        .map((span) => span.text)
        .join(''),
    ).toBe(text);
  });
});

describe('a colour of a log', () => {
  it('can be read on each ground', () => {
    // Of the 256, from each part of them.
    const some = Array.from({ length: 37 }, (_, index) => rgbOf(`ansi-palette-${index * 7}`, null)).filter(
      (colour) => colour !== undefined,
    );
    expect(some).toHaveLength(37);
    const contrasts = some.flatMap((ground) => some.map((colour) => contrast(readable(colour, ground), ground)));
    expect(Math.min(...contrasts)).toBeGreaterThanOrEqual(4.5);
  });
});
