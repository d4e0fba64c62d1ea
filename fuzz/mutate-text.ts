import type { Random } from './random.ts';
import { expressionTokens, words, yamlPieces } from './tokens.ts';

/** A change of a text; `other` is another file of the seeds. */
export type TextMutation = (text: string, random: Random, other: string) => string;

/** Changes of characters and lines, without an idea of what they mean. */
export const textMutations: readonly [TextMutation, ...TextMutation[]] = [
  // A piece in the place of some characters.
  (text, random) =>
    splice(text, { at: random.below(text.length + 1), length: random.below(12), written: random.pick(yamlPieces) }),
  (text, random) =>
    splice(text, { at: random.below(text.length + 1), length: random.below(3), written: random.pick(words) }),
  // Some characters fewer.
  (text, random) => splice(text, { at: random.below(text.length), length: 1 + random.below(40), written: '' }),
  // One character is another one.
  (text, random) =>
    splice(text, {
      at: random.below(text.length),
      length: 1,
      written: String.fromCodePoint(random.oneIn(3) ? random.below(0x11_0000) : random.below(128)),
    }),
  // Truncation.
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(text.length + 1)),
  // Splices of two files.
  (text, random, other) => text.slice(0, random.below(text.length)) + other.slice(random.below(other.length)),
  (text, random, other) => {
    const [lines, others] = [text.split('\n'), other.split('\n')];
    return [...lines.slice(0, random.below(lines.length)), ...others.slice(random.below(others.length))].join('\n');
  },
  // Lines: gone, twice, exchanged, moved, turned into comments.
  (text, random) => eachLine(text, random, () => []),
  (text, random) => eachLine(text, random, (line) => [line, line]),
  (text, random) => eachLine(text, random, (line) => [`${' '.repeat(1 + random.below(4))}${line}`]),
  (text, random) => eachLine(text, random, (line) => [line.replace(/^ {1,2}/, '')]),
  (text, random) =>
    eachLine(text, random, (line) => [line.replace(/^ +/, (spaces) => '\t'.repeat(Math.ceil(spaces.length / 2)))]),
  (text, random) => eachLine(text, random, (line) => [`#${line}`]),
  (text, random) => {
    const lines = text.split('\n');
    const [one, two] = [random.below(lines.length), random.below(lines.length)];
    return lines.map((line, index) => (index === one ? lines[two] : index === two ? lines[one] : line)).join('\n');
  },
  (text, random) => {
    const lines = text.split('\n');
    const start = random.below(lines.length);
    const block = lines.splice(start, 1 + random.below(8));
    lines.splice(random.below(lines.length + 1), 0, ...block);
    return lines.join('\n');
  },
  // Indentation of a whole block.
  (text, random) => {
    const lines = text.split('\n');
    const [start, length, by] = [random.below(lines.length), 1 + random.below(10), random.below(4)];
    return lines
      .map((line, index) => (index < start || index >= start + length ? line : ' '.repeat(by) + line))
      .join('\n');
  },
  (text) => text.replaceAll('\n', '\r\n'),
  (text, random) => text.replaceAll('\n', () => (random.oneIn(6) ? '\r\n' : '\n')),
  // Repeats: of a piece, of some characters of the file.
  (text, random) =>
    splice(text, {
      at: random.below(text.length + 1),
      length: 0,
      written: random.pick(yamlPieces).repeat(1 + random.below(random.oneIn(20) ? 20_000 : 200)),
    }),
  (text, random) => {
    const [at, length] = [random.below(text.length), 1 + random.below(60)];
    return splice(text, {
      at,
      length: 0,
      written: text.slice(at, at + length).repeat(1 + random.below(random.oneIn(20) ? 2_000 : 30)),
    });
  },
  // A word of the language for another one.
  (text, random) => replaceOne(text, random, { pattern: /[\w@.-]{2,}/g, by: () => random.pick(words) }),
  // A slip of the finger.
  (text, random) => replaceOne(text, random, { pattern: /[a-z][\w-]{2,}/g, by: (word) => slip(word, random) }),
  // A value for another one.
  (text, random) =>
    replaceOne(text, random, {
      pattern: /(?<=: )[^\n]+/g,
      by: () => random.pick(['', '[]', '{}', '~', '[1, [2]]', '{ a: 1 }', "''", '1', 'true', '|', '*a', '&a b']),
    }),
];

/** Changes of what stands in `${{ }}` and in conditions, by tokens. */
export const expressionMutation: TextMutation = (text, random) =>
  replaceOne(text, random, {
    pattern: /(?<=\$\{\{).*?(?=\}\})|(?<=\bif: )[^\n]+|(?<=condition: )[^\n]+/g,
    by: (expression) => {
      const tokens = expression.match(/[A-Za-z_][\w-]*|\d+|'[^']*'|&&|\|\||[=!<>]=|\s+|./gsu) ?? [];
      for (let change = random.below(3); change >= 0; change -= 1) {
        const [at, drop] = [random.below(tokens.length + 1), random.below(3)];
        tokens.splice(at, drop, ...random.times(random.below(3), () => random.pick(expressionTokens)));
      }
      return tokens.join('');
    },
  });

/** A place that YAML takes for a text, as an expression. */
export const expressionInsertion: TextMutation = (text, random) =>
  replaceOne(text, random, {
    pattern: /(?<=: )[^\n]+/g,
    by: () => `\${{ ${random.times(1 + random.below(6), () => random.pick(expressionTokens)).join(' ')} }}`,
  });

/** Bytes that are no UTF-8, another encoding, a byte order mark: the file as bytes. */
export function encode(text: string, random: Random): Uint8Array {
  switch (random.below(6)) {
    case 0:
      return new Uint8Array(Buffer.from(`\uFEFF${text}`, random.oneIn(2) ? 'utf16le' : 'utf8'));
    case 1:
      return new Uint8Array(Buffer.from(text, 'utf16le'));
    case 2:
      return new Uint8Array(Buffer.from(text, 'latin1'));
    default: {
      const bytes = new TextEncoder().encode(text);
      for (let change = random.below(4); change >= 0; change -= 1)
        bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    }
  }
}

function splice(
  text: string,
  { at, length, written }: { readonly at: number; readonly length: number; readonly written: string },
): string {
  return text.slice(0, at) + written + text.slice(at + length);
}

function eachLine(text: string, random: Random, change: (line: string) => readonly string[]): string {
  const lines = text.split('\n');
  const chosen = random.below(lines.length);
  const rate = random.oneIn(4) ? 4 : lines.length;
  return lines.flatMap((line, index) => (index === chosen || random.oneIn(rate) ? change(line) : [line])).join('\n');
}

function replaceOne(
  text: string,
  random: Random,
  { pattern, by }: { readonly pattern: RegExp; readonly by: (found: string) => string },
): string {
  const chosen = random.choose([...text.matchAll(pattern)]);
  if (chosen === undefined) return text;
  return splice(text, { at: chosen.index, length: chosen[0].length, written: by(chosen[0]) });
}

function slip(word: string, random: Random): string {
  const at = random.below(word.length - 1);
  switch (random.below(3)) {
    case 0:
      return word.slice(0, at) + word.slice(at + 1);
    case 1:
      return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
    default:
      return word.slice(0, at) + word.charAt(at) + word.slice(at);
  }
}
