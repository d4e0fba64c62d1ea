import { isJsonList, type Json, type PlannedStep } from '../../../../schemas/index.ts';
import { cancelledError, errorAt, type Result } from '../../errors.ts';
import { gatheredBytes } from '../../limits.ts';
import { emptySlots, type Slots, slotsOf } from '../../slots.ts';
import { iterationOf, keyIn } from '../sequence/cursor.ts';
import {
  type EndedStep,
  type Failure,
  type Loop,
  type LoopDetail,
  type LoopEnd,
  newSequence,
} from '../sequence/sequence.ts';
import { addOutputBytes } from '../step/ending.ts';
import { type Cursor, without } from '../turn.ts';

/**
 * The loop as it begins: as it is given, or, where one iteration of it is to run again, as it had ended but for that iteration.
 * Those that had never begun go on after it; those that had failed beside it still count.
 */
export function loopAgain(cursor: Cursor, step: PlannedStep, loop: Loop): Result<Loop> {
  const { turn } = cursor;
  const { redo } = turn.active.attempt;
  if (redo === undefined || redo.earlier.key !== keyIn(cursor, step)) return { ok: loop };
  turn.active = { ...turn.active, attempt: without(turn.active.attempt, 'redo') };
  const { index, earlier } = redo;
  const end = earlier.iterations;
  const status = end === undefined ? undefined : statusBefore(end, index);
  if (end === undefined || status === undefined) throw new TypeError(`iteration ${index} can't run again`);
  if (end.total !== loop.items.length) return changed(step, loop, end);
  const unsuccessful = end.unsuccessful.filter((one) => one.index !== index);
  const gathered = Object.fromEntries(
    Object.entries(loop.gathered).map(([name, slots]) => [name, gatheredBefore(earlier.outputs[name], slots)]),
  );
  const bytes = Object.values(earlier.outputs).reduce<number>((sum, values) => sum + bytesIn(values), 0);
  const failed = rememberedBefore(earlier).filter((detail) => detail.index !== index);
  addOutputBytes(turn, bytes);
  turn.agenda.push(iterationOf(cursor, step, index));
  return {
    ok: {
      ...loop,
      next: end.total - end.skipped,
      flights: [{ index, sequence: newSequence }],
      counts: {
        success: end.success - (status === 'success' ? 1 : 0),
        failure: end.failure - (status === 'failure' ? 1 : 0),
        cancelled: end.cancelled - (status === 'cancelled' ? 1 : 0),
      },
      unsuccessful,
      gathered,
      gathered_bytes: bytes,
      details: { first: [], failed },
      ...(unsuccessful.length === 0 ? {} : { failure: failureBefore(failed) }),
    },
  };
}

/** How an iteration had ended; undefined where that isn't known, or where it never began. */
export function statusBefore(end: LoopEnd, index: number): 'success' | 'failure' | 'cancelled' | undefined {
  if (index < 0 || index >= end.total - end.skipped) return undefined;
  const found = end.unsuccessful.find((one) => one.index === index);
  if (found !== undefined) return found.status;
  return end.unsuccessful.length === end.failure + end.cancelled ? 'success' : undefined;
}

function gatheredBefore(values: Json | undefined, slots: Slots): Slots {
  return isJsonList(values) && values.length === slots.length ? slotsOf(values) : emptySlots(slots.length);
}

function bytesIn(values: Json): number {
  if (!isJsonList(values)) return 0;
  return values.reduce<number>((sum, value) => sum + gatheredBytes(value), 0);
}

function rememberedBefore({ key, inside = [] }: EndedStep): readonly LoopDetail[] {
  return inside.map((step) => ({ index: Number.parseInt(step.key.slice(key.length + 1), 10), step }));
}

function failureBefore(details: readonly LoopDetail[]): Failure {
  const error = details.find(({ step }) => step.conclusion === 'failure')?.step.error;
  return { error: error ?? cancelledError('an iteration that did not run again') };
}

function changed(step: PlannedStep, loop: Loop, end: LoopEnd): Result<Loop> {
  const message = `step ${step.key} had ${end.total} items, and now has ${loop.items.length}`;
  const remedy = `Run the job again from step ${step.key}, so that all its iterations run.`;
  return { error: errorAt(step.at, { code: 'INVALID_INPUT', message, remedy }) };
}
