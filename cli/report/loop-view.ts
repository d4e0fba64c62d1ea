import type { IterationCounts } from '../../engine/port.ts';
import { countText, plainLine } from './text.ts';

/** An iteration in flight. */
export interface Flight {
  /** The name of the step that it is at. */
  readonly name: string;
  readonly startedAt: number;
}

/** What is shown of a loop: counts, and what is in flight. It holds nothing of an iteration that is over. */
export class LoopView {
  readonly total: number | undefined;
  readonly #flights = new Map<number, Flight & { failed: boolean }>();
  #done = 0;
  #failed = 0;
  #end: IterationCounts | undefined;

  /** `begun`: how many there are and which are over already; undefined where this isn't known. */
  constructor(begun: IterationCounts | undefined) {
    this.total = begun?.total;
    this.#done = begun === undefined ? 0 : doneOf(begun);
    this.#failed = begun?.failure ?? 0;
  }

  get done(): number {
    return this.#done;
  }

  /** The iterations in flight by their index, those that began first before the others. */
  get flights(): ReadonlyMap<number, Flight> {
    return this.#flights;
  }

  /** A step of an iteration has begun. */
  start(index: number, step: { readonly name: string; readonly at: number }): void {
    const failed = this.#flights.get(index)?.failed ?? false;
    this.#flights.set(index, { name: plainLine(step.name), startedAt: step.at, failed });
  }

  /** A step of an iteration failed, and nothing covers that. */
  fail(index: number, at: number): void {
    this.#flights.set(index, { ...(this.#flights.get(index) ?? { name: '', startedAt: at }), failed: true });
  }

  /** An iteration is over. */
  leave(index: number): void {
    this.#done += 1;
    if (this.#flights.get(index)?.failed === true) this.#failed += 1;
    this.#flights.delete(index);
  }

  /** The loop is over, and this is how its iterations ended. */
  finish(end: IterationCounts): void {
    this.#end = end;
    this.#flights.clear();
  }

  /** `342 of 1000, 3 failed`. */
  counts(): string {
    if (this.#end !== undefined) return endText(this.#end);
    const of = this.total === undefined ? '' : ` of ${this.total}`;
    return `${this.#done}${of}${this.#failed === 0 ? '' : `, ${this.#failed} failed`}`;
  }
}

/** How many iterations are over. */
export function doneOf({ success, failure, cancelled }: IterationCounts): number {
  return success + failure + cancelled;
}

/** How far a loop is that goes on: `342 of 1000 iterations, 3 failed`. */
export function progressText(counts: IterationCounts): string {
  const failed = counts.failure === 0 ? '' : `, ${counts.failure} failed`;
  return `${doneOf(counts)} of ${countText(counts.total, 'iteration')}${failed}`;
}

/** How the iterations of a loop ended: `1000 iterations, 3 failed, 2 cancelled`. */
export function endText({ total, failure, cancelled, skipped }: IterationCounts): string {
  const others = [
    [failure, 'failed'],
    [cancelled, 'cancelled'],
    [skipped, 'not begun'],
  ] as const;
  return [
    countText(total, 'iteration'),
    ...others.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])),
  ].join(', ');
}
