import { type CaseResult, type Difference, eventText } from '../../agent/plugin-cases/index.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import { createStyle, type Style } from '../report/style.ts';
import { countText, formatDuration, plainLine } from '../report/text.ts';
import type { OutputStream } from '../terminal.ts';
import type { RanCase } from './case-runner.ts';

/** A case as a person reads it: one line where it passed, and all that speaks for the failure where it didn't. */
export function caseLines({ one, result }: RanCase, stream: Pick<OutputStream, 'colours'>): readonly string[] {
  const style = createStyle({ colours: stream.colours });
  const name = plainLine(one.name);
  if (result === undefined) return [`${style.symbol('skipped')} ${name}: left out, since it makes real calls (--real)`];
  const time = style.dim(`(${formatDuration(result.duration_ms)})`);
  if (result.problems.length === 0) return [`${style.symbol('success')} ${name} ${time}`];
  return [
    `${style.symbol('failure')} ${style.status('failure', name)} ${time}`,
    ...result.problems.flatMap(({ message, line = one.line, differences }) => [
      `    ${plainLine(`${one.file}:${line}: ${message}`)}`,
      ...differences.flatMap((difference) => differenceLines(difference, style)),
    ]),
    ...callLines(result).map((line) => `    ${line}`),
    ...logLines(result.log).map((line) => style.dim(`    | ${line}`)),
  ];
}

/** The host calls of a case, with what was decided. */
export function callLines({ calls }: Pick<CaseResult, 'calls'>): readonly string[] {
  const shown = calls
    .slice(0, mostShown)
    .map((event) =>
      plainLine(`${event.decision}: ${eventText(event)}${event.rule === undefined ? '' : ` (${event.rule})`}`),
    );
  return [...shown, ...restLine(calls.length)];
}

function logLines(log: readonly string[]): readonly string[] {
  return log.slice(-mostShown).map(plainLine);
}

/** Of calls and of lines: what a reader looks at. */
const mostShown = 20;

function restLine(count: number): readonly string[] {
  return count > mostShown ? [`and ${countText(count - mostShown, 'more call')}`] : [];
}

/** A difference: its place, what should be there (-) and what is (+). Of texts of several lines only those that differ. */
function differenceLines({ path, expected, actual }: Difference, style: Style): readonly string[] {
  const [without, within] =
    typeof expected === 'string' && typeof actual === 'string' && `${expected}${actual}`.includes('\n')
      ? changedLines(expected, actual)
      : [expected, actual].map((value) => (value === undefined ? [] : [shownValue(value)]));
  return [
    `      ${plainLine(path)}`,
    ...(without ?? []).map((line) => style.status('success', `        - ${plainLine(line)}`)),
    ...(within ?? []).map((line) => style.status('failure', `        + ${plainLine(line)}`)),
  ];
}

/** What is left of two texts without the lines that they begin and end with alike. */
function changedLines(expected: string, actual: string): readonly (readonly string[])[] {
  const [left, right] = [expected.split('\n'), actual.split('\n')];
  const shorter = Math.min(left.length, right.length);
  let start = 0;
  while (start < shorter && left[start] === right[start]) start += 1;
  let end = 0;
  while (end < shorter - start && left.at(-1 - end) === right.at(-1 - end)) end += 1;
  const cut = (lines: readonly string[]): readonly string[] =>
    lines.slice(start, lines.length - end).map((line, index) => `${start + index + 1}: ${JSON.stringify(line)}`);
  return [cut(left), cut(right)];
}

function shownValue(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

const longestValue = 1000;

/** `3 cases: 2 passed, 1 failed`. */
export function summaryLine(ran: readonly RanCase[]): string {
  const count = (is: (one: RanCase) => boolean): number => ran.filter(is).length;
  const failed = count(isFailed);
  const left = count(({ result }) => result === undefined);
  const passed = ran.length - failed - left;
  return `${countText(ran.length, 'case')}: ${passed} passed, ${failed} failed${left === 0 ? '' : `, ${left} left out`}`;
}

/** Whether a case was run and didn't pass. */
export function isFailed({ result }: RanCase): boolean {
  return result !== undefined && result.problems.length > 0;
}

/** A case for programs. */
export function caseJson({ one, result }: RanCase): JsonObject {
  const { name, file, line, host } = one;
  if (result === undefined) return { name, file, line, host, outcome: 'skipped' };
  return {
    name,
    file,
    line,
    host,
    outcome: result.problems.length === 0 ? 'passed' : 'failed',
    // Both are made of JSON alone.
    problems: result.problems as unknown as Json,
    host_calls: result.calls as unknown as Json,
    log: result.log,
    duration_ms: result.duration_ms,
  };
}
