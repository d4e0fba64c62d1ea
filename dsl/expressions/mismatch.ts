import { quote } from '../quote.ts';
import { soleGuess, suggest } from '../suggest.ts';
import type { Span } from './extents.ts';
import type { Possibilities, Possibility } from './possibilities.ts';
import type { Problem } from './problem.ts';
import { toText } from './text.ts';

/** One side of a comparison: what is written there, and what it may be. */
export interface Side extends Span {
  readonly text: string;
  readonly may: Possibilities;
}

/** Two sides that are never equal. */
export interface Mismatch {
  /** What is asked. */
  readonly subject: Side;
  /** What is asked for; where one side is written out, that one. */
  readonly wanted: Side;
  /** Both are written out. */
  readonly areWritten: boolean;
  /** The wanted one is searched for in the subject. */
  readonly inList: boolean;
}

type Reason = Pick<Problem, 'message' | 'remedy' | 'start' | 'end' | 'replacement'>;

/** Why two sides are never equal, behind what that makes of the comparison; what was meant, and where to write it. */
export function mismatchReason(mismatch: Mismatch, verdict: string): Reason {
  const { subject, wanted, areWritten } = mismatch;
  return (
    (areWritten ? writtenReason(mismatch, verdict) : undefined) ??
    (mismatch.inList ? undefined : (collectionReason(subject, verdict) ?? collectionReason(wanted, verdict))) ??
    booleanReason(mismatch, verdict) ??
    choiceReason(mismatch, verdict) ??
    numberReason(mismatch, verdict) ?? {
      message: verdict,
      remedy:
        'Compare values of one kind: between kinds both become numbers, and a text that is none is equal to nothing.',
      ...across(subject, wanted),
    }
  );
}

function across(one: Side, other: Side): Span {
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) };
}

function writtenReason({ subject, wanted }: Mismatch, verdict: string): Reason {
  return {
    message: `${verdict}: both values are written out`,
    remedy: 'Compare with a value that can change, such as `inputs.name`.',
    ...across(subject, wanted),
  };
}

function collectionReason({ may, text, start, end }: Side, verdict: string): Reason | undefined {
  const found = may.find(({ kind }) => kind === 'object' || kind === 'array');
  if (found?.kind === 'array') {
    return {
      message: `${verdict}: ${quote(text)} is a list, which is equal to nothing but itself`,
      remedy: `Ask what is in it: \`contains(${text}, …)\`.`,
      start,
      end,
    };
  }
  if (found?.kind !== 'object') return undefined;
  const list = found.properties.length === 0 ? '' : `: ${found.properties.join(', ')}`;
  return {
    message: `${verdict}: ${quote(text)} is an object, which is equal to nothing but itself`,
    remedy: `Compare a property of it${list}.`,
    start,
    end,
  };
}

/** What the subject, or each of its items, may be, but for what isn't there. */
function candidates({ subject, inList }: Mismatch): Possibilities {
  const list = inList ? subject.may.find((possibility) => possibility.kind === 'array') : undefined;
  const may = list?.kind === 'array' ? list.items : subject.may;
  return may.filter((possibility) => possibility.kind !== 'value' || possibility.value !== null);
}

function booleanReason(mismatch: Mismatch, verdict: string): Reason | undefined {
  const { subject, wanted } = mismatch;
  if (!candidates(mismatch).every((one) => one.kind === 'value' && typeof one.value === 'boolean')) return undefined;
  const text = textOn(wanted);
  const isWord = text === 'true' || text === 'false';
  const { start, end } = wanted;
  return {
    message: `${verdict}: ${quote(subject.text)} is true or false, which is equal to no text`,
    remedy: `Write ${quote(text === 'false' ? `!${subject.text}` : subject.text)}, or compare it with true or false, without quotes.`,
    start,
    end,
    ...(isWord ? { replacement: { start, end, text } } : {}),
  };
}

function choiceReason(mismatch: Mismatch, verdict: string): Reason | undefined {
  const { subject, wanted, inList } = mismatch;
  const may = candidates(mismatch);
  const words = may.flatMap((possibility) => (possibility.kind === 'value' ? [toText(possibility.value)] : []));
  if (words.length === 0 || words.length < may.length) return undefined;
  const text = textOn(wanted);
  const sole = text === undefined ? undefined : soleGuess(text, words);
  const { start, end } = wanted;
  return {
    message: `${verdict}: ${inList ? 'each of ' : ''}${quote(subject.text)} is ${words.length === 1 ? '' : 'one of '}${listOf(words)}`,
    remedy: suggest(text ?? '', words),
    start,
    end,
    ...(sole === undefined ? {} : { replacement: { start, end, text: `'${sole.replaceAll("'", "''")}'` } }),
  };
}

/** More words than this don't help in a message. */
const mostWords = 8;

function listOf(words: readonly string[]): string {
  return words.length > mostWords ? `${words.slice(0, mostWords).join(', ')}, …` : words.join(', ');
}

function numberReason(mismatch: Mismatch, verdict: string): Reason | undefined {
  const { subject, wanted } = mismatch;
  const isNumber = (possibility: Possibility): boolean => possibility.kind === 'number';
  if (!candidates(mismatch).every(isNumber)) return undefined;
  return {
    message: `${verdict}: ${quote(subject.text)} is a number`,
    remedy: 'Compare it with a number.',
    start: wanted.start,
    end: wanted.end,
  };
}

/** The text that is written on a side. */
function textOn({ may: [only, ...others] }: Side): string | undefined {
  return only?.kind === 'value' && typeof only.value === 'string' && others.length === 0 ? only.value : undefined;
}
