import { everStarts, readCron } from '../../dsl/cron/index.ts';
import { isTimezone } from '../../dsl/cron/timezone.ts';
import { type Json, type PlannedSchedule, parseDuration, type WaterflowError } from '../../schemas/index.ts';
import type { ScheduleRow } from '../../storage/records/port.ts';
import { HttpProblem } from '../http/problem.ts';
import { meaningless } from '../http/query.ts';

/** When a schedule starts runs, and what it does about those that it can't start then. */
export type Timing = Pick<ScheduleRow, 'cron' | 'timezone' | 'overlap' | 'catch_up_ms'>;

/** The same as requests give it. `catch_up` is a duration, or false. */
export interface GivenTiming {
  readonly cron?: string;
  readonly timezone?: string;
  readonly overlap?: ScheduleRow['overlap'];
  readonly catch_up?: Json;
}

/** Beyond a year nobody wants a start any more, in ms. */
const longestCatchUpMs = 366 * 24 * 60 * 60_000;

const defaults: Timing = { cron: '', timezone: 'UTC', overlap: 'skip', catch_up_ms: 0 };

/** The timings that were asked for: the one that was given, else those of the workflow, with what was given in their place. 422. */
export function newTimings(given: GivenTiming, planned: readonly PlannedSchedule[]): readonly Timing[] {
  if (given.cron !== undefined) return [changedTiming(defaults, given)];
  if (planned.length > 0) return planned.map((schedule) => changedTiming(schedule, given));
  throw new HttpProblem(422, {
    code: 'INVALID_INPUT',
    message: 'the workflow has no `on.schedule`, and no `cron` was given',
    remedy: "Send `cron`, as in `'30 6 * * mon-fri'`, or add `on: { schedule: [{ cron: … }] }` to the workflow.",
  });
}

/** A timing, with what was given in its place. 422 with every problem. */
export function changedTiming({ cron, timezone, overlap, catch_up_ms }: Timing, given: GivenTiming): Timing {
  const readCronText = given.cron === undefined ? { cron } : readCron(given.cron);
  const catchUp = given.catch_up === undefined ? catch_up_ms : catchUpOf(given.catch_up);
  const timing = {
    cron: 'cron' in readCronText ? readCronText.cron : cron,
    timezone: given.timezone ?? timezone,
    overlap: given.overlap ?? overlap,
    catch_up_ms: catchUp ?? 0,
  };
  const errors = [
    ...('problem' in readCronText
      ? [invalid('cron', `\`cron\`: ${readCronText.problem.message}`, readCronText.problem.remedy)]
      : []),
    ...('cron' in readCronText && !everStarts(readCronText.cron) ? [neverComes(readCronText.cron)] : []),
    ...(isTimezone(timing.timezone) ? [] : [noTimezone(timing.timezone)]),
    ...(catchUp === undefined ? [noCatchUp()] : []),
  ];
  if (errors.length > 0) throw meaningless('the schedule is not valid', errors);
  return timing;
}

function catchUpOf(given: Json): number | undefined {
  const duration = given === false ? 0 : typeof given === 'string' ? parseDuration(given) : undefined;
  return duration !== undefined && duration <= longestCatchUpMs ? duration : undefined;
}

function invalid(key: string, message: string, remedy: string): WaterflowError {
  return { code: 'INVALID_VALUE', message, remedy, pointer: `/${key}` };
}

function neverComes(cron: string): WaterflowError {
  return invalid(
    'cron',
    `\`cron\`: \`${cron}\` never comes: no such month has that day`,
    'Write a day that the month has.',
  );
}

function noTimezone(timezone: string): WaterflowError {
  const remedy = 'Write a name of the IANA database, such as Europe/Berlin or UTC.';
  return invalid('timezone', `\`timezone\`: there is no time zone ${JSON.stringify(timezone)}`, remedy);
}

function noCatchUp(): WaterflowError {
  return invalid(
    'catch_up',
    '`catch_up` must be a duration of a year at most, or false',
    'Write one like 1h or 1d12h.',
  );
}
