import { parseDuration, plainLines, WaterflowFailure } from '../../schemas/index.ts';
import type { MayHold, UnplacedLine } from './assembler.ts';
import { patternFor } from './may-hold.ts';

/** Which lines of a log are wanted; what is absent doesn't matter. */
export interface LineFilter {
  /** A job's id means its cells, hosts and called jobs, too. */
  readonly job?: string;
  /** A step's key means the steps inside of it, too. */
  readonly step?: string;
  /** Of the step. */
  readonly attempt?: number;
  readonly job_attempt?: number;
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** What their text holds as it is shown, without regard to case. */
  readonly search?: string;
}

/** Whose a line or a part of a log is. */
type LogOwner = Pick<UnplacedLine, 'job' | 'step' | 'attempt' | 'job_attempt'>;

/** Whether a line is one of those. */
export function isWanted(line: UnplacedLine, filter: LineFilter): boolean {
  const { since, search } = filter;
  if (!isOf(line, filter) || (search !== undefined && !holds(line.text, search))) return false;
  return since === undefined || Date.parse(line.at) >= since;
}

/** Whether there may be one of those in the lines of a text, by which a million lines are looked through without being made. */
export function mayHoldWanted(filter: LineFilter): MayHold {
  const mayHold = mayHoldText(filter);
  return (segment, text) => isOf(segment, filter) && (mayHold?.(text) ?? true);
}

/** The same of a text, whoever wrote it. Absent: any text may. */
export function mayHoldText({ search }: LineFilter): ((text: string) => boolean) | undefined {
  if (search === undefined) return undefined;
  const pattern = patternFor(plainLines(search));
  return (text) => pattern?.test(text) ?? holds(text, search);
}

function isOf(owner: LogOwner, { job, step, attempt, job_attempt }: LineFilter): boolean {
  if (job !== undefined && owner.job !== job && !owner.job.startsWith(`${job} `)) return false;
  if (step !== undefined && !isStep(owner.step, step)) return false;
  if (attempt !== undefined && owner.attempt !== attempt) return false;
  return job_attempt === undefined || owner.job_attempt === job_attempt;
}

/** Whether a text holds another one, both as they are shown. */
function holds(text: string, search: string): boolean {
  return plainLines(text).toLowerCase().includes(plainLines(search).toLowerCase());
}

function isStep(step: string, wanted: string): boolean {
  return step === wanted || step.startsWith(`${wanted}.`) || step.startsWith(`${wanted}[`);
}

/** A text to be looked for. Throws INVALID_INPUT where nothing of it is ever shown, so that it would be in every line. */
export function parseSearch(text: string): string {
  if (plainLines(text) !== '') return text;
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `\`search\` holds nothing that a log shows: ${JSON.stringify(text.slice(0, 100))}`,
    remedy: 'Search for a text as it is shown: without colours and control characters.',
  });
}

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/iu;

/** A time as RFC 3339 has it, or how long ago it was (`90s`, `1h30m`, `PT1H`), in ms since the epoch. Throws INVALID_INPUT. */
export function parseSince(text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== undefined) return now - ago;
  const at = rfc3339.test(text) ? Date.parse(text.toUpperCase()) : Number.NaN;
  if (!Number.isNaN(at)) return at;
  throw new WaterflowFailure({
    code: 'INVALID_INPUT',
    message: `\`since\` is no time: ${JSON.stringify(text.slice(0, 100))}`,
    remedy: 'Write one as 2026-05-01T12:00:00Z, or how long ago it was: 90s, 1h30m. A `+` in a URL is written %2B.',
  });
}
