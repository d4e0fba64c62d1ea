import { countOf } from '../../chunks.ts';
import type { Cursor } from '../turn.ts';
import { changeSequence, sequenceOf, sequencesAround } from './cursor.ts';

/**
 * The number from which the attempts of the step at hand count on: 0, unless it may have run before something was pushed back. So no
 * two attempts of a step have the same number in one attempt of the job.
 */
export function countedBefore(cursor: Cursor): number {
  const counted = [cursor, ...sequencesAround(cursor)].map((place) => {
    const { steps, again } = sequenceOf(place);
    return again !== undefined && countOf(steps) <= again.position ? again.counted : 0;
  });
  return Math.max(...counted);
}

/** An attempt with this number begins in a sequence, and so inside of those around it. */
export function noteAttempt(cursor: Cursor, number: number): void {
  for (const place of [cursor, ...sequencesAround(cursor)]) {
    if (sequenceOf(place).highest < number) changeSequence(place, { highest: number });
  }
}
