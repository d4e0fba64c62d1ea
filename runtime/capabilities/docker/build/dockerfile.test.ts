import { array, assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDockerfile } from './dockerfile.ts';

function read(text: string): readonly string[] {
  const parsed = parseDockerfile(text);
  if ('problem' in parsed) throw new TypeError(`${parsed.line}: ${parsed.problem}`);
  return parsed.instructions.map(({ keyword, rest }) => `${keyword} ${rest}`);
}

describe('instructions', () => {
  test.each<[string, string, readonly string[]]>([
    ['one a line, in any case', 'from a\nRun b\n\nCMD ["c"]', ['FROM a', 'RUN b', 'CMD ["c"]']],
    ['over several lines', 'FROM a\nRUN b && \\\n  c \\  \n\td', ['FROM a', 'RUN b &&   c \td']],
    ['with comments and empty lines in them', 'RUN a \\\n# b\n\n  # c\nd', ['RUN a d']],
    ['with a byte order mark and line ends of Windows', '\uFEFFFROM a\r\nRUN b \\\r\nc\r\n', ['FROM a', 'RUN b c']],
    ['with another escape', '# escape=`\nFROM a\nRUN b `\nc \\', ['FROM a', 'RUN b c \\']],
    ['with a directive too late', '# a comment\n# escape=`\nRUN b \\\nc', ['RUN b c']],
    ['with a directive before it', '# syntax=x\n# escape=`\nRUN b `\nc', ['RUN b c']],
  ])('%s', (_what, text, instructions) => {
    expect(read(text)).toEqual(instructions);
  });
});

test.each<[string, string]>([
  ['an unknown instruction', 'FROM a\nFETCH https://example.com'],
  ['none', 'FROM a\n=1'],
  ['a last line that goes on', 'FROM a\nRUN b \\'],
  ['an instruction that would take in the next', 'FROM a\nRUN b \\ \\\n'],
  ['the same by another escape', '# escape=`\nFROM a\nRUN b ` `\n'],
  ['a carriage return within', 'FROM a\nRUN b\rFROM c'],
  ['a line separator within', 'FROM a\nRUN b\u2028FROM c'],
  ['thousands of instructions', 'FROM a\n'.repeat(10_000)],
  ['a NUL', 'FROM a\nRUN b\0c'],
  ['an instruction as long as no line may be', `FROM a\nRUN ${'b'.repeat(70_000)}`],
])('refuses %s', (_what, text) => {
  expect(parseDockerfile(text)).toHaveProperty('problem');
});

test('a file made to take long does not', () => {
  expect(parseDockerfile(`# a =${' '.repeat(500_000)}x\nFROM a${' \\ '.repeat(100_000)}`)).toHaveProperty('problem');
});

test('what is read and written anew is read the same', () => {
  const piece = constantFrom(
    'FROM a',
    'RUN b',
    '\\',
    '\n',
    '\r\n',
    ' ',
    '\t',
    '#',
    '# escape=`',
    '`',
    '"',
    "'",
    '<<E',
    '$X',
    'COPY --from=x y z',
    '\u2028',
    '\uFEFF',
  );
  assert(
    property(array(piece), string(), (pieces, tail) => {
      const parsed = parseDockerfile(pieces.join('') + tail);
      if ('problem' in parsed) return true;
      const { escape, instructions } = parsed;
      const written = [`# escape=${escape}`, ...instructions.map(({ keyword, rest }) => `${keyword} ${rest}`)].join(
        '\n',
      );
      const again = parseDockerfile(written);
      if ('problem' in again) return false;
      const plain = (of: typeof instructions): unknown => of.map(({ keyword, rest }) => ({ keyword, rest }));
      expect(plain(again.instructions)).toEqual(plain(instructions));
      return true;
    }),
  );
});
