import { quote } from '../quote.ts';
import { nearest, soleGuess } from '../suggest.ts';

/** What is wrong with a cron expression; offsets are of its text. */
export interface CronProblem {
  readonly message: string;
  readonly remedy: string;
  readonly start: number;
  readonly end: number;
  /** What was plainly meant by what stands between the two. */
  readonly replacement?: string;
}

/** A field of a cron expression. `names` stand for its numbers, from `first` on. */
interface Field {
  /** For messages: `the minutes`. */
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly names: readonly string[];
}

const fields: readonly Field[] = [
  { what: 'the minutes', first: 0, last: 59, names: [] },
  { what: 'the hours', first: 0, last: 23, names: [] },
  { what: 'the days of the month', first: 1, last: 31, names: [] },
  {
    what: 'the months',
    first: 1,
    last: 12,
    names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  // 7 is Sunday, too.
  {
    what: 'the days of the week',
    first: 0,
    last: 7,
    names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'],
  },
];

const nicknames: ReadonlyMap<string, string> = new Map([
  ['@hourly', '0 * * * *'],
  ['@daily', '0 0 * * *'],
  ['@weekly', '0 0 * * 0'],
  ['@monthly', '0 0 1 * *'],
  ['@yearly', '0 0 1 1 *'],
]);

const form = 'Write five fields: minute, hour, day of the month, month, day of the week, as in `30 6 * * mon-fri`.';

/** A word of the text, and where it stands. */
interface Word {
  readonly text: string;
  readonly start: number;
}

/**
 * The text of a cron expression -> its five fields, as they are written, `@daily` and the like written out. Values, ranges, steps,
 * lists and three-letter names are those of the cron of Unix; what else some libraries take is an error.
 */
export function readCron(text: string): { readonly cron: string } | { readonly problem: CronProblem } {
  const words = wordsOf(text, /\S+/g);
  const [first] = words;
  if (first?.text.startsWith('@') === true && words.length === 1) return readNickname(first);
  if (words.length !== fields.length) return { problem: wrongCount(text, words) };
  for (const [index, field] of fields.entries()) {
    const problem = fieldProblem(words[index] ?? { text: '', start: 0 }, field);
    if (problem !== undefined) return { problem };
  }
  return { cron: words.map((word) => word.text.toLowerCase()).join(' ') };
}

function wordsOf(text: string, pattern: RegExp): readonly Word[] {
  return Array.from(text.matchAll(pattern), (match) => ({ text: match[0], start: match.index }));
}

function readNickname(word: Word): { readonly cron: string } | { readonly problem: CronProblem } {
  const cron = nicknames.get(word.text.toLowerCase());
  if (cron !== undefined) return { cron };
  const names = [...nicknames.keys()];
  const meant = nearest(word.text, names);
  const guess = soleGuess(word.text, names);
  return {
    problem: {
      message: `there is no schedule ${quote(word.text)}`,
      remedy: `${meant === undefined ? '' : `Did you mean ${quote(meant)}? `}Possible: ${names.join(', ')}, or five fields.`,
      ...placeOf(word),
      ...(guess === undefined ? {} : { replacement: guess }),
    },
  };
}

function wrongCount(text: string, words: readonly Word[]): CronProblem {
  const start = words[0]?.start ?? 0;
  const whole = { start, end: Math.max(text.trimEnd().length, start) };
  const hasSeconds = words.length === fields.length + 1;
  const [seconds, ...rest] = words;
  const isDispensable = hasSeconds && seconds?.text === '0';
  return {
    message: hasSeconds
      ? `a cron expression of six fields begins with seconds, and seconds are not supported: ${quote(text)}`
      : `a cron expression has five fields, and this one has ${words.length}: ${quote(text)}`,
    remedy: hasSeconds ? 'Leave out the first field: nothing starts more often than every minute.' : form,
    ...whole,
    ...(isDispensable ? { replacement: rest.map((word) => word.text).join(' ') } : {}),
  };
}

function fieldProblem(word: Word, field: Field): CronProblem | undefined {
  let { start } = word;
  for (const [index, text] of word.text.split(',').entries()) {
    const comma = index === 0 ? start : start - 1;
    const problem = text === '' ? emptyItem(comma, field) : itemProblem({ text, start }, field);
    if (problem !== undefined) return problem;
    start += text.length + 1;
  }
  return undefined;
}

function emptyItem(comma: number, field: Field): CronProblem {
  const place = { start: comma, end: comma + 1 };
  return { message: `an entry of ${field.what} is empty`, remedy: 'Remove the comma.', ...place };
}

/** An entry of a list: `*`, a value or a range, with or without a step. */
function itemProblem(item: Word, field: Field): CronProblem | undefined {
  const [range = '', ...steps] = item.text.split('/');
  const [step] = steps;
  const values = range.split('-');
  if (steps.length > 1 || values.length > 2) return unreadable(item, field);
  const bounds = range === '*' ? [field.first, lastOf(field)] : values.map((value) => numberOf(value, field));
  for (const [index, value] of values.entries()) {
    if (range !== '*' && bounds[index] === undefined) {
      const place = { text: value, start: item.start + (index === 0 ? 0 : (values[0] ?? '').length + 1) };
      return value === '' ? unreadable(item, field) : valueProblem(place, item, field);
    }
  }
  const [from = field.first, to = from] = bounds;
  // `fri-sun` ends with the week.
  const endsOnSunday = values[1]?.toLowerCase() === 'sun' && field.names[0] === 'sun';
  if (from > to && !endsOnSunday) {
    return {
      message: `the range ${quote(range)} of ${field.what} ends before it begins`,
      remedy: `Write two: ${quote(`${values[0]}-${nameOf(lastOf(field), field)},${nameOf(field.first, field)}-${values[1]}`)}.`,
      start: item.start,
      end: item.start + range.length,
    };
  }
  return step === undefined ? undefined : stepProblem({ item, range, step, size: to - from + 1 }, field);
}

interface Step {
  readonly item: Word;
  readonly range: string;
  readonly step: string;
  /** How many values there are to step through. */
  readonly size: number;
}

function stepProblem({ item, range, step, size }: Step, field: Field): CronProblem | undefined {
  const place = { start: item.start + range.length + 1, end: Math.max(item.start + item.text.length, item.start + 1) };
  const wholeSize = lastOf(field) - field.first + 1;
  if (!/^\d{1,4}$/.test(step) || Number(step) < 1 || Number(step) > wholeSize) {
    return {
      message: `${quote(step)} can't be a step in ${field.what}`,
      remedy: `Write a number from 1 to ${wholeSize}, as in \`*/2\`.`,
      ...place,
      start: Math.min(place.start, place.end - 1),
    };
  }
  if (range === '*' || size > 1 || range.includes('-')) return undefined;
  const first = nameOf(numberOf(range, field) ?? field.first, field);
  const meant = `${first}-${nameOf(lastOf(field), field)}/${step}`;
  return {
    message: `the step of ${quote(item.text)} has no range to go through`,
    remedy: `Write ${quote(meant)}.`,
    ...placeOf(item),
    replacement: meant,
  };
}

function valueProblem(value: Word, item: Word, field: Field): CronProblem {
  const isNumber = /^\d+$/.test(value.text);
  if (!isNumber && (field.names.length === 0 || !/^[a-z]/i.test(value.text))) return unreadable(item, field);
  const range = `from ${field.first} to ${field.last}`;
  const meant = isNumber ? undefined : meantName(value.text, field);
  const names = field.names.length === 0 ? '' : `, or a name: ${field.names.join(', ')}`;
  const midnight = field.what === 'the hours' && value.text === '24' ? ' Midnight is 0.' : '';
  return {
    message: isNumber
      ? `${quote(value.text)} in ${field.what} is no number ${range}`
      : `${quote(value.text)} is none of ${field.what}`,
    remedy: `${meant === undefined ? '' : `Did you mean ${quote(meant)}? `}Write a number ${range}${names}.${midnight}`,
    ...placeOf(value),
    ...(meant === undefined ? {} : { replacement: meant }),
  };
}

/** `monday` and `Sept` are written in three letters here. */
function meantName(text: string, { names }: Field): string | undefined {
  const short = names.find((name) => text.length > name.length && text.toLowerCase().startsWith(name));
  return short ?? soleGuess(text, names);
}

function unreadable(item: Word, field: Field): CronProblem {
  const isAny = item.text === '?';
  return {
    message: `${quote(item.text)} can't be read in ${field.what}`,
    remedy:
      'Write `*`, a value, a range as `1-5`, a step as `*/2` or `1-10/2`, or several of them with commas between.',
    ...placeOf(item),
    ...(isAny ? { replacement: '*' } : {}),
  };
}

function numberOf(text: string, { first, last, names }: Field): number | undefined {
  const name = names.indexOf(text.toLowerCase());
  if (name !== -1) return first + name;
  if (!/^\d{1,4}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= first && value <= last ? value : undefined;
}

/** The last value that isn't another name of the first. */
function lastOf({ first, last, names }: Field): number {
  return names.length === 0 ? last : first + names.length - 1;
}

function nameOf(value: number, { first, names }: Field): string {
  return names[value - first] ?? String(value);
}

function placeOf({ text, start }: Word): { readonly start: number; readonly end: number } {
  return { start, end: start + Math.max(1, text.length) };
}
