import type { PlannedSchedule } from '../../schemas/index.ts';
import { type CronProblem, everStarts, readCron } from '../cron/index.ts';
import { isTimezone } from '../cron/timezone.ts';
import { didYouMean } from '../did-you-mean.ts';
import { quote } from '../quote.ts';
import type { Finding, Span } from '../source/report.ts';
import type { MappingEntry, ScalarNode, TreeNode } from '../tree/node.ts';
import { scalarOffsets } from '../tree/scalar-offsets.ts';
import { type Fields, type KeyTable, readFields, reportMissing } from './fields.ts';
import type { PlannedInputs } from './inputs.ts';
import { readDuration, readLiteralText, readWord } from './literals.ts';
import { type Reading, reportWrongType } from './reading.ts';

type ScheduleKey = 'cron' | 'timezone' | 'overlap' | 'catch-up';

/** What an entry of `on.schedule` can have. */
export const scheduleKeys: KeyTable<ScheduleKey> = {
  what: 'a schedule',
  keys: ['cron', 'timezone', 'overlap', 'catch-up'],
};

const overlaps = ['skip', 'queue', 'cancel'] as const;

/** Each is checked against all time zones; nobody reads more of them either. */
const mostSchedules = 100;

const form = "Write a list: `- cron: '30 6 * * mon-fri'`.";

/** `schedule`, its name and what stands below it, if anything. */
interface ScheduleTrigger {
  readonly span: Span;
  readonly value: TreeNode | undefined;
}

/** `on.schedule` -> schedules. `inputs` are those that a run of the workflow has. */
export function readSchedules(
  reading: Reading,
  trigger: ScheduleTrigger,
  inputs: PlannedInputs,
): readonly PlannedSchedule[] {
  const { span, value } = trigger;
  if (value === undefined || (value.kind === 'sequence' && value.items.length === 0)) {
    reading.report.error(value?.span ?? span, {
      code: value === undefined ? 'MISSING_KEY' : 'EMPTY',
      message: '`schedule` says no time',
      remedy: value === undefined ? `${form.slice(0, -1)} below \`schedule:\`.` : form,
    });
    return [];
  }
  if (value.kind !== 'sequence') {
    reportWrongType(reading, value, { subject: '`schedule`', expected: 'a list', remedy: form });
    return [];
  }
  const beyond = value.items[mostSchedules];
  if (beyond !== undefined) {
    reading.report.error(beyond.span, {
      code: 'INVALID_VALUE',
      message: `there are ${value.items.length} schedules, more than ${mostSchedules}`,
      remedy: 'Join them: a field of a cron expression can be a list.',
    });
  }
  warnOfInputs(reading, span, inputs);
  return value.items.slice(0, mostSchedules).flatMap((item) => readSchedule(reading, item) ?? []);
}

/** Nobody is there to give them. */
function warnOfInputs(reading: Reading, span: Span, inputs: PlannedInputs): void {
  for (const [name, input] of Object.entries(inputs)) {
    if (!input.required || input.default !== undefined) continue;
    reading.report.warning(span, {
      code: 'MISSING_INPUT',
      message: `a run that the schedule starts lacks the input ${quote(name)}, which is required`,
      remedy: `Give ${quote(name)} a default, or make it optional.`,
    });
  }
}

function readSchedule(reading: Reading, node: TreeNode): PlannedSchedule | undefined {
  if (node.kind === 'scalar' && typeof node.value === 'string') {
    reportWrongType(reading, node, {
      subject: 'a schedule',
      expected: 'a mapping',
      remedy: 'Write `cron:` before it.',
    });
    return undefined;
  }
  const fields = readFields(reading, node, scheduleKeys);
  if (fields === undefined) return undefined;
  const cron = readExpression(reading, fields);
  const timezoneNode = fields.get('timezone')?.value;
  const timezone = timezoneNode === undefined ? 'UTC' : readTimezone(reading, timezoneNode);
  const overlapNode = fields.get('overlap')?.value;
  const overlap =
    overlapNode === undefined ? 'skip' : readWord(reading, overlapNode, { subject: '`overlap`', words: overlaps });
  const catchUp = readCatchUp(reading, fields.get('catch-up'));
  if (cron === undefined || timezone === undefined) return undefined;
  return {
    cron,
    timezone,
    overlap: overlap ?? 'skip',
    catch_up_ms: catchUp,
    at: reading.report.position(fields.mapping.span.start),
  };
}

function readExpression(reading: Reading, fields: Fields<ScheduleKey>): string | undefined {
  const node = fields.get('cron')?.value;
  if (node === undefined) {
    reportMissing(reading, fields, {
      key: 'cron',
      message: 'the schedule has no `cron`',
      remedy: "Add `cron: '30 6 * * mon-fri'`.",
    });
    return undefined;
  }
  const text = readLiteralText(reading, node, { subject: '`cron`' });
  if (text === undefined || node.kind !== 'scalar') return undefined;
  const read = readCron(text);
  if ('problem' in read) {
    reportCron(reading, node, read.problem);
    return undefined;
  }
  if (everStarts(read.cron)) return read.cron;
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `${quote(text)} never comes: no such month has that day`,
    remedy: 'Write a day that the month has; the last of February is the 28th, in leap years the 29th.',
  });
  return undefined;
}

function reportCron(reading: Reading, node: ScalarNode, problem: CronProblem): void {
  const finding: Finding = { code: 'INVALID_VALUE', message: problem.message, remedy: problem.remedy };
  const { replacement } = problem;
  if (replacement === undefined || node.style === 'block') return reading.report.error(node.span, finding);
  const offset = scalarOffsets(node, reading.source);
  const span = { start: offset(problem.start), end: offset(problem.end - 1) + 1 };
  const fix = { description: `write \`${replacement}\``, edits: [{ span, text: replacement }] };
  return reading.report.error(node.span, { ...finding, fix });
}

function readTimezone(reading: Reading, node: TreeNode): string | undefined {
  const text = readLiteralText(reading, node, { subject: '`timezone`' });
  if (text === undefined || isTimezone(text)) return text;
  const names = Intl.supportedValuesOf('timeZone');
  const same = names.find((name) => name.toLowerCase() === text.toLowerCase());
  const meant = same ?? didYouMean(text, names) ?? names.find((name) => name.endsWith(`/${capitalized(text)}`));
  reading.report.error(node.span, {
    code: 'INVALID_VALUE',
    message: `there is no time zone ${quote(text)}`,
    remedy: `${meant === undefined ? '' : `Did you mean ${quote(meant)}? `}Write a name of the IANA database, such as Europe/Berlin or UTC.`,
    ...(meant === undefined ? {} : { meant }),
  });
  return undefined;
}

/** `new york` as the names of places are written. */
function capitalized(text: string): string {
  return text
    .split(/[ _]/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase())
    .join('_');
}

/** `catch-up:` in ms; 0 for false. */
function readCatchUp(reading: Reading, entry: MappingEntry | undefined): number {
  if (entry === undefined) return 0;
  const { value: node } = entry;
  if (node.kind === 'scalar' && node.value === false) return 0;
  if (node.kind === 'scalar' && node.value === true) {
    reading.report.error(node.span, {
      code: 'INVALID_VALUE',
      message: '`catch-up` says for how long missed starts are made up for, and `true` is no duration',
      remedy: 'Write a duration like 1h or 1d, or false.',
    });
    return 0;
  }
  return readDuration(reading, node, { subject: '`catch-up`', minimum_ms: 0 }) ?? 0;
}
