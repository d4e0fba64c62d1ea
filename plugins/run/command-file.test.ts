import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAssignments, readOutputs } from './command-file.ts';

const values = (text: string) => Object.fromEntries(readOutputs(text));

describe('the file of outputs', () => {
  it('holds name=value lines', () => {
    expect(values('a=1\n\nb=two words\nc=\n')).toEqual({ a: '1', b: 'two words', c: '' });
    expect(values('url=https://example.com/?x=1&y<<2\r\n')).toEqual({ url: 'https://example.com/?x=1&y<<2' });
  });

  it('holds values of several lines between delimiters', () => {
    expect(values('text<<END\nline 1\n\nb=2\nEND\nafter=3')).toEqual({ text: 'line 1\n\nb=2', after: '3' });
    expect(values('empty<<END\nEND')).toEqual({ empty: '' });
    expect(values('equals<<a=b\nx\na=b')).toEqual({ equals: 'x' });
  });

  it('lets the last value of a name win', () => {
    expect(values('a=1\na=2')).toEqual({ a: '2' });
  });

  it.each([
    ['a=1\nnonsense\n', 'WATERFLOW_OUTPUT line 2: expected name=value'],
    ['=value', 'WATERFLOW_OUTPUT line 1: expected name=value'],
    ['a<<END\nnever ended', 'WATERFLOW_OUTPUT line 1: no line "END" ends the value of "a"'],
    ['a<<\nx\n', 'WATERFLOW_OUTPUT line 1: no line "" ends'],
    ['two words=1', 'WATERFLOW_OUTPUT line 1: "two words" is no name'],
    ['exit_code=0', 'WATERFLOW_OUTPUT line 1: exit_code is set by run itself'],
  ])('says in which line of %j something is wrong', (text, message) => {
    expect(() => readOutputs(text)).toThrow(message);
  });

  it('gives back every value that is written between delimiters', () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,8}$/).filter((text) => text !== 'exit_code');
    const value = fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\r', '').replaceAll('END', ''));
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([first]) => first }), (pairs) => {
        const text = pairs.map(([one, content]) => `${one}<<END\n${content}\nEND\n`).join('');
        expect([...readOutputs(text)]).toEqual(pairs);
      }),
    );
  });

  it('is read or refused with a line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', '<', '\n', '\r', ' ', '_') }), (text) => {
        expect(outcomeOf(() => readAssignments(text, 'FILE'))).toMatch(/^(?:read|Error: FILE line \d+: .*)$/s);
      }),
    );
  });
});

function outcomeOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return String(error);
  }
}
