import { parseDurationOrSeconds, parseTimestamp } from '../../schemas/index.ts';
import { payloadSchemaProblems } from '../check/payload-schema.ts';
import { quote } from '../quote.ts';
import type { TreeNode } from '../tree/node.ts';
import { holdsExpression } from '../tree/query.ts';
import type { Reading } from './reading.ts';
import type { GivenInputs } from './step-inputs.ts';

/** A year, as for timeouts in minutes: longer ones are mistakes. */
const longestDurationMs = 525_600 * 60_000;

/** The machine itself reads what a control node is given; what is written out of it can be read before that. */
export function checkControlInput(reading: Reading, name: string, value: TreeNode): void {
  switch (name) {
    case 'duration':
      checkDuration(reading, value, 0);
      return;
    case 'until':
      checkTime(reading, value);
      return;
    case 'timeout':
      checkDuration(reading, value, 1);
      return;
    case 'schema':
      for (const { span, ...finding } of payloadSchemaProblems(value)) reading.report.error(span, finding);
      return;
    default:
  }
}

function checkDuration(reading: Reading, node: TreeNode, leastMs: number): void {
  if (node.kind !== 'scalar' || holdsExpression(node)) return;
  const ms = parseDurationOrSeconds(node.value);
  if (ms !== undefined && ms >= leastMs && ms <= longestDurationMs) return;
  const problem = ms === undefined ? 'is no duration' : ms < leastMs ? 'is no time at all' : 'is longer than a year';
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${quote(node.text)} ${problem}`,
    remedy: 'Write 90 for seconds, or a duration like 500ms, 1h30m or PT1H30M.',
  });
}

function checkTime(reading: Reading, node: TreeNode): void {
  if (node.kind !== 'scalar' || holdsExpression(node) || parseTimestamp(node.text) !== undefined) return;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${quote(node.text)} is no time`,
    remedy: 'Write it with its offset from UTC, as 2026-12-24T18:00:00+01:00 or 2026-12-24T17:00Z.',
  });
}

/** A sleep needs one of its two inputs, which no schema of either says. */
export function checkSleep(
  reading: Reading,
  { entries, usesSpan, stepSpan }: Pick<GivenInputs, 'entries' | 'usesSpan' | 'stepSpan'>,
): void {
  const [, second] = entries.filter(({ key }) => key === 'duration' || key === 'until');
  if (second !== undefined) {
    reading.report.error(second.keySpan, {
      code: 'INVALID_VALUE',
      message: 'a sleep has either `duration` or `until`',
      remedy: 'Remove one of them.',
    });
  }
  // Another key is reported as such, with what it may mean.
  if (entries.length > 0) return;
  reading.report.error(usesSpan, {
    code: 'MISSING_INPUT',
    message: '`sleep@v1` needs the input `duration` or `until`',
    remedy: 'Add `duration:` or `until:` under `with`.',
    within: stepSpan,
  });
}
