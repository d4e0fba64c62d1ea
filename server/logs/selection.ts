import { parseDuration, WaterflowFailure } from '../../schemas/index.ts';
import type { UnplacedLine } from './assembler.ts';

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
}

/** Whether a line is one of those. */
export function isWanted(line: UnplacedLine, { job, step, attempt, job_attempt, since }: LineFilter): boolean {
  if (job !== undefined && line.job !== job && !line.job.startsWith(`${job} `)) return false;
  if (step !== undefined && !isStep(line.step, step)) return false;
  if (attempt !== undefined && line.attempt !== attempt) return false;
  if (job_attempt !== undefined && line.job_attempt !== job_attempt) return false;
  return since === undefined || Date.parse(line.at) >= since;
}

function isStep(step: string, wanted: string): boolean {
  return step === wanted || step.startsWith(`${wanted}.`) || step.startsWith(`${wanted}[`);
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
