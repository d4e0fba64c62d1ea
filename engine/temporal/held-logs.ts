import type { LogSegment } from '../../storage/index.ts';
import type { Change } from '../driving/machines.ts';

type Attempt = Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'>;

/**
 * Logs and events of a run come by two ways. This puts them in the order in which they happened: the log of a step after its start and
 * before its end.
 */
export class HeldLogs {
  readonly #held = new Map<string, LogSegment[]>();
  readonly #ended = new Set<string>();
  readonly #running = new Set<string>();

  /** A step that was under way before anybody followed. */
  goesOn(attempt: Attempt): void {
    this.#running.add(keyOf(attempt));
  }

  take(segment: LogSegment): void {
    const key = keyOf(segment);
    const held = this.#held.get(key) ?? [];
    this.#held.set(key, held);
    held.push(segment);
  }

  /** What is to be told before a change. */
  before(change: Change): readonly LogSegment[] {
    if (change.kind !== 'job') return [];
    const { job, event } = change;
    if (event.type !== 'step_started' && event.type !== 'step_finished') return [];
    const key = keyOf({ ...event, job });
    if (event.type === 'step_started') {
      this.#running.add(key);
      return [];
    }
    this.#running.delete(key);
    this.#ended.add(key);
    return this.#taken(key);
  }

  /** What is to be told of steps that are under way, or were before anybody followed. */
  ofRunning(): readonly LogSegment[] {
    return [...this.#held.keys()]
      .filter((key) => this.#running.has(key) || this.#ended.has(key))
      .flatMap((key) => this.#taken(key));
  }

  #taken(key: string): readonly LogSegment[] {
    const held = this.#held.get(key) ?? [];
    this.#held.delete(key);
    return held;
  }
}

function keyOf({ job, step, job_attempt, attempt }: Attempt): string {
  return JSON.stringify([job, step, job_attempt, attempt]);
}
