import type { LogSegment } from '../../storage/index.ts';

type Attempt = Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>;

/** More than the last lines of a step that failed show. */
const mostCharacters = 16 * 1024;

/** The ends of the logs of a run's steps, as they come. */
export class LogTails {
  readonly #texts = new Map<string, string>();

  follow(segment: LogSegment): void {
    const key = keyOf(segment);
    this.#texts.set(key, `${this.#texts.get(key) ?? ''}${segment.text}`.slice(-mostCharacters));
  }

  /** The last `lines` lines. */
  tail(attempt: Attempt, lines: number): string {
    return lastLinesOf(this.#texts.get(keyOf(attempt)) ?? '', lines);
  }
}

/** The last lines of a text, without the end of the last one. */
export function lastLinesOf(text: string, lines: number): string {
  return text.replace(/\n$/u, '').split('\n').slice(-lines).join('\n');
}

function keyOf({ job, step, job_attempt, attempt }: Attempt): string {
  return JSON.stringify([job, step, job_attempt, attempt]);
}
