import type { StepKey } from '../../../../schemas/index.ts';
import { chunksOf, itemsOf } from '../../chunks.ts';
import { replaceSequence, sequenceOf } from '../sequence/cursor.ts';
import type { EndedStep, Sequence } from '../sequence/sequence.ts';
import { addOutputBytes, outputBytesOf } from '../step/ending.ts';
import { type Cursor, changeAttempt } from '../turn.ts';

/**
 * A decision sends a sequence back to one of its earlier steps: that one and those after it run again, the approval last. What
 * failed among them is forgotten. Their attempts count on from the highest number in the sequence, so that each keeps a number of its own.
 */
export function pushBack(cursor: Cursor, to: StepKey, comment: string): void {
  const { turn } = cursor;
  const sequence = sequenceOf(cursor);
  const ended = itemsOf(sequence.steps);
  const first = ended.findIndex(({ key }) => key.toLowerCase() === to.toLowerCase());
  if (first === -1) throw new TypeError(`there is no step ${to} to go back to`);
  const [kept, again] = [ended.slice(0, first), ended.slice(first)];
  const bytes = again.reduce((sum, step) => sum + outputBytesOf(step), 0);
  const stillFailed = sequence.failure !== undefined && kept.some(isFailure);
  const { highest } = sequence;
  const next: Sequence = {
    steps: chunksOf(kept),
    current: { state: 'deciding' },
    output_bytes: sequence.output_bytes - bytes,
    highest,
    again: { position: Math.max(sequence.again?.position ?? 0, ended.length), counted: highest },
    ...(stillFailed ? { failure: sequence.failure } : {}),
  };
  replaceSequence(cursor, next);
  addOutputBytes(turn, -bytes);
  changeAttempt(turn, { feedback: comment });
}

/** True where a step makes its sequence fail. */
export function isFailure({ conclusion }: EndedStep): boolean {
  return conclusion === 'failure' || conclusion === 'cancelled';
}
