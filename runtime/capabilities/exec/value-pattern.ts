import { assertNever } from '../../../schemas/index.ts';
import type { MatchBudget } from '../match-budget.ts';
import { readQuoted } from '../quoted.ts';
import { Automaton, type Expression } from './automaton.ts';

/**
 * A pattern for one argument, anchored at both ends: literal characters, `.`, `[a-z]`, `[^/]`, `\d`, `\w`, `( | )`, and `?`, `*`, `+`,
 * `{2}`, `{2,}`, `{2,4}`. No look-around and no back reference: those can't be matched in linear time.
 */
export interface ValuePattern {
  readonly text: string;
  /** Whether all of the value fits. */
  matches(value: string, at: ValuePlace, budget: MatchBudget): boolean;
  /** Whether some text that begins with the character fits. */
  mayBeginWith(character: string, budget: MatchBudget): boolean;
}

/**
 * Where the value stands: at the beginning of an argument that may be an option, where only a written `-` takes a `-`; elsewhere; or
 * before a deny rule, to which wildcards take control characters too.
 */
export type ValuePlace = 'start of an option' | 'elsewhere' | 'before a deny';

type CharacterSet =
  | { readonly kind: 'character'; readonly character: string }
  | { readonly kind: 'any' }
  | { readonly kind: 'class'; readonly negated: boolean; readonly ranges: readonly (readonly [number, number])[] };

/** Of the automaton; `[a-z]{500}` has 500. */
const maxStates = 1_000;
/** Of groups in groups: the parser calls itself. */
const maxDepth = 20;
/** Of a pattern's text. */
const maxLength = 1_000;
/** Of `{n,m}`. */
const maxCount = 999;

/** Reads a pattern. What came out of an expression stands for exactly itself, and not at the beginning if it is a `-`. */
export function parseValuePattern(marked: string): { readonly pattern: ValuePattern } | { readonly problem: string } {
  const { text, quoted } = readQuoted(marked);
  const problem = (why: string): { readonly problem: string } => ({ problem: `the pattern \`${text}\` ${why}` });
  if (text.length > maxLength) return problem(`is longer than ${maxLength} characters`);
  if (quoted.some(({ start, end }) => end > start && text[start] === '-')) {
    return problem('has a value from an input that looks like an option');
  }
  const reader = new PatternReader(text, (index) => quoted.some(({ start, end }) => index >= start && index < end));
  const expression = reader.read();
  if ('problem' in expression) return problem(expression.problem);
  const automaton = Automaton.compile(expression, maxStates);
  if (automaton === undefined) return problem(`is too large: written out it has more than ${maxStates} states`);
  return {
    pattern: {
      text,
      matches: (value, at, budget) => run(automaton, { value, at, budget }),
      mayBeginWith: (character, budget) =>
        automaton.step(automaton.start(), (set) => contains(set, character, 'elsewhere'), budget).size > 0,
    },
  };
}

function run(
  automaton: Automaton<CharacterSet>,
  { value, at, budget }: { readonly value: string; readonly at: ValuePlace; readonly budget: MatchBudget },
): boolean {
  let states = automaton.start();
  let first = at === 'start of an option';
  for (const character of value) {
    // Only a `-` that the pattern's author wrote makes an option of an argument.
    const option = first && character === '-';
    states = automaton.step(
      states,
      (set) => {
        // A class is looked through range by range.
        if (set.kind === 'class') budget.steps -= set.ranges.length >> 3;
        return (option ? set.kind === 'character' : true) && contains(set, character, at);
      },
      budget,
    );
    if (states.size === 0) return false;
    first = false;
  }
  return automaton.accepts(states);
}

function contains(set: CharacterSet, character: string, at: ValuePlace): boolean {
  switch (set.kind) {
    case 'character':
      return set.character === character;
    case 'any':
      return isShown(character, at);
    case 'class': {
      const code = codeOf(character);
      const within = set.ranges.some(([from, to]) => code >= from && code <= to);
      return set.negated ? !within && isShown(character, at) : within;
    }
    default:
      return assertNever(set);
  }
}

/** Whether a wildcard takes the character there. */
function isShown(character: string, at: ValuePlace): boolean {
  return at === 'before a deny' || !/^\p{Cc}$/u.test(character);
}

function codeOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

type Parsed<T> = T | { readonly problem: string };

const digits = [[0x30, 0x39]] as const;
const wordCharacters = [...digits, [0x41, 0x5a], [0x5f, 0x5f], [0x61, 0x7a]] as const;

/** Recursive descent over code points. */
class PatternReader {
  readonly #characters: readonly { readonly character: string; readonly quoted: boolean }[];
  #at = 0;

  constructor(text: string, isQuoted: (index: number) => boolean) {
    const characters: { character: string; quoted: boolean }[] = [];
    let index = 0;
    for (const character of text) {
      characters.push({ character, quoted: isQuoted(index) });
      index += character.length;
    }
    this.#characters = characters;
  }

  read(): Parsed<Expression<CharacterSet>> {
    const all = this.#choice(0);
    if ('problem' in all) return all;
    return this.#at < this.#characters.length ? { problem: 'closes a group that was not opened' } : all;
  }

  /** The next character if it is syntax; undefined at the end and for what came from an input. */
  #syntax(): string | undefined {
    const next = this.#characters[this.#at];
    return next === undefined || next.quoted ? undefined : next.character;
  }

  #choice(depth: number): Parsed<Expression<CharacterSet>> {
    if (depth > maxDepth) return { problem: `has groups in more than ${maxDepth} groups` };
    const parts: Expression<CharacterSet>[] = [];
    for (;;) {
      const part = this.#sequence(depth);
      if ('problem' in part) return part;
      parts.push(part);
      if (this.#syntax() !== '|') return { kind: 'choice', parts };
      this.#at += 1;
    }
  }

  #sequence(depth: number): Parsed<Expression<CharacterSet>> {
    const parts: Expression<CharacterSet>[] = [];
    while (this.#at < this.#characters.length && this.#syntax() !== '|' && this.#syntax() !== ')') {
      const atom = this.#atom(depth);
      if ('problem' in atom) return atom;
      const repeated = this.#repeated(atom);
      if ('problem' in repeated) return repeated;
      parts.push(repeated);
    }
    return { kind: 'sequence', parts };
  }

  #atom(depth: number): Parsed<Expression<CharacterSet>> {
    const next = this.#characters[this.#at];
    if (next === undefined) return { problem: 'ends too early' };
    this.#at += 1;
    const { character } = next;
    if (next.quoted) return leaf({ kind: 'character', character });
    switch (character) {
      case '(':
        return this.#group(depth);
      case '[':
        return this.#class();
      case '.':
        return leaf({ kind: 'any' });
      case '\\':
        return this.#escape();
      case '^':
      case '$':
        return {
          problem: `has a \`${character}\`: it is anchored at both ends anyway; write \`\\${character}\` for the character`,
        };
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        return {
          problem: `has a \`${character}\` that belongs to nothing; write \`\\${character}\` for the character`,
        };
      default:
        return leaf({ kind: 'character', character });
    }
  }

  #group(depth: number): Parsed<Expression<CharacterSet>> {
    if (this.#syntax() === '?') return { problem: 'has a `(?`: look-around, names and flags are not supported' };
    const inside = this.#choice(depth + 1);
    if ('problem' in inside) return inside;
    if (this.#syntax() !== ')') return { problem: 'opens a group that it does not close' };
    this.#at += 1;
    return inside;
  }

  #escape(): Parsed<Expression<CharacterSet>> {
    const character = this.#syntax();
    this.#at += 1;
    if (character === 'd') return leaf({ kind: 'class', negated: false, ranges: digits });
    if (character === 'w') return leaf({ kind: 'class', negated: false, ranges: wordCharacters });
    if (character !== undefined && /^[^\p{L}\p{N}\p{Cc}]$/u.test(character))
      return leaf({ kind: 'character', character });
    return { problem: `has \`\\${character ?? ''}\`, which is not supported` };
  }

  #class(): Parsed<Expression<CharacterSet>> {
    const negated = this.#syntax() === '^';
    if (negated) this.#at += 1;
    const ranges: (readonly [number, number])[] = [];
    for (;;) {
      const from = this.#member();
      if (typeof from === 'object') {
        if ('problem' in from) return from;
        if (from.ranges === undefined) break;
        ranges.push(...from.ranges);
        continue;
      }
      const upTo = this.#upperEnd(from);
      if (typeof upTo === 'object') return upTo;
      ranges.push([from, upTo]);
    }
    if (ranges.length === 0) return { problem: 'has a class `[]` with nothing in it' };
    return leaf({ kind: 'class', negated, ranges });
  }

  /** One character of a class, `\d` or `\w` as ranges, or no ranges at its end. */
  #member():
    | number
    | { readonly ranges: typeof wordCharacters | typeof digits | undefined }
    | { readonly problem: string } {
    const next = this.#characters[this.#at];
    if (next === undefined) return { problem: 'opens a class that it does not close' };
    this.#at += 1;
    if (next.quoted) return codeOf(next.character);
    if (next.character === ']') return { ranges: undefined };
    if (next.character !== '\\') return codeOf(next.character);
    const escaped = this.#escape();
    if ('problem' in escaped) return escaped;
    const set = escaped.kind === 'leaf' ? escaped.leaf : undefined;
    if (set?.kind === 'character') return codeOf(set.character);
    return { ranges: this.#characters[this.#at - 1]?.character === 'd' ? digits : wordCharacters };
  }

  /** Of the range that begins with `from`; `from` itself where there is none. */
  #upperEnd(from: number): number | { readonly problem: string } {
    const following = this.#characters[this.#at + 1];
    if (this.#syntax() !== '-' || following === undefined || (!following.quoted && following.character === ']'))
      return from;
    this.#at += 1;
    const to = this.#member();
    if (typeof to === 'object')
      return 'problem' in to ? to : { problem: 'has a range that does not end in a character' };
    return to < from ? { problem: 'has a range that ends before it begins' } : to;
  }

  #repeated(part: Expression<CharacterSet>): Parsed<Expression<CharacterSet>> {
    const counts = this.#counts();
    if (counts === undefined) return part;
    if ('problem' in counts) return counts;
    const following = this.#syntax();
    if (following !== undefined && ['*', '+', '?', '{'].includes(following)) {
      return { problem: `repeats a repetition (\`${following}\`)` };
    }
    return { kind: 'times', part, ...counts };
  }

  #counts(): { readonly min: number; readonly max: number | 'unbounded' } | { readonly problem: string } | undefined {
    switch (this.#syntax()) {
      case '*':
        this.#at += 1;
        return { min: 0, max: 'unbounded' };
      case '+':
        this.#at += 1;
        return { min: 1, max: 'unbounded' };
      case '?':
        this.#at += 1;
        return { min: 0, max: 1 };
      case '{':
        return this.#braces();
      default:
        return undefined;
    }
  }

  #braces(): { readonly min: number; readonly max: number | 'unbounded' } | { readonly problem: string } {
    let text = '';
    while (this.#syntax() !== undefined && !text.endsWith('}')) {
      text += this.#syntax();
      this.#at += 1;
    }
    const parts = /^\{([0-9]{1,3})(,([0-9]{0,3}))?\}$/.exec(text);
    if (parts === null) return { problem: `has \`${text}\`, which is not {n}, {n,} or {n,m} up to ${maxCount}` };
    const min = Number(parts[1]);
    if (parts[2] === undefined) return { min, max: min };
    const max = parts[3] === '' ? 'unbounded' : Number(parts[3]);
    return max !== 'unbounded' && max < min
      ? { problem: `has \`${text}\`, which ends before it begins` }
      : { min, max };
  }
}

function leaf(set: CharacterSet): Expression<CharacterSet> {
  return { kind: 'leaf', leaf: set };
}
