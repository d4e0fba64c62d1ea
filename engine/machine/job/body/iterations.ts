import type { JsonObject, PlannedStep, StepResult } from '../../../../schemas/index.ts';
import { itemsOf } from '../../chunks.ts';
import { errorAt } from '../../errors.ts';
import {
  detailBytes,
  detailLimit,
  gatheredBytes,
  jsonBytes,
  outputsLimitBytes,
  runOutputsLimitBytes,
  unsuccessfulLimit,
} from '../../limits.ts';
import { put, valueAt, valuesOf } from '../../slots.ts';
import { cancelSequence } from '../interruptions.ts';
import { changeBody, childrenOf, holdingAt, iterationAt, keyIn, sequenceOf } from '../sequence/cursor.ts';
import type { EndedStep, Failure, HoldingStep, Loop, LoopDetails, Sequence } from '../sequence/sequence.ts';
import { cancelledResult, concludeAttempt, withdraw } from '../step/concluding.ts';
import { addOutputBytes, failed, noCalls } from '../step/ending.ts';
import type { Cursor } from '../turn.ts';
import { withInside } from './branch.ts';
import { beginIterations, type LoopBody } from './loop.ts';
import { detailsOf, endOfLoop } from './loop-end.ts';
import { bodyOutputs } from './outputs.ts';

/** How an iteration ended; `cut`: it was told to end, so that what came of it is no failure of the loop. */
interface IterationEnd {
  readonly index: number;
  readonly sequence: Sequence;
  readonly outputs: JsonObject;
  readonly failure?: Failure;
  readonly cut: boolean;
}

/** The steps of an iteration are over. All that it leaves are its outputs, how it ended, and a few steps to remember it by. */
export function leaveIteration(cursor: Cursor): void {
  const place = loopAround(cursor);
  const { outer, holder, body, index } = place;
  const sequence = sequenceOf(cursor);
  const { outputs, failure: unfit } = bodyOutputs(cursor, body.outputs);
  const failure = sequence.failure ?? unfit;
  const loop = loopAt(outer);
  const cut = iterationAt(cursor)?.cancelled !== undefined || loop.ending?.why === 'cancelled';
  const named = failure === undefined ? {} : { failure };
  const end = gather(outer, holder, { index, sequence, outputs, cut, ...named });
  if (end.failure === undefined || end.cut) return;
  const { ending, fail_fast } = loopAt(outer);
  if (fail_fast && ending === undefined)
    failFast(outer, `${keyIn(outer, holder)}[${index}] failed, and fail-fast is on`);
}

/** The loop goes on as far as it can: further iterations begin, and after the last one it ends. */
export function continueLoop(cursor: Cursor, step: PlannedStep): 'moved' | 'waits' {
  beginIterations(cursor, step);
  const { flights, ending, next, items } = loopAt(cursor);
  if (flights.length > 0 || (ending === undefined && next < items.length)) return 'waits';
  concludeLoop(cursor, step);
  return 'moved';
}

function concludeLoop(cursor: Cursor, step: PlannedStep): void {
  const holding = holdingAt(cursor);
  const loop = loopAt(cursor);
  withdraw(cursor, holding);
  addOutputBytes(cursor.turn, -loop.gathered_bytes);
  const outputs = Object.fromEntries(Object.entries(loop.gathered).map(([name, slots]) => [name, valuesOf(slots)]));
  const inside: Pick<EndedStep, 'inside' | 'iterations'> = {
    iterations: endOfLoop(loop),
    inside: detailsOf(loop).map(({ step: one }) => one),
  };
  concludeAttempt(cursor, step, { attempt: holding, inside, result: resultOf(cursor, holding, outputs) });
}

function resultOf(cursor: Cursor, { body }: HoldingStep, outputs: JsonObject): StepResult {
  const { ending } = body;
  const failure = failureOfLoop(loopAt(cursor));
  if (ending?.why === 'cancelled' || failure?.error.code === 'CANCELLED')
    return { ...cancelledResult(cursor), outputs };
  return failure === undefined ? { outcome: 'success', outputs, host_calls: noCalls } : { ...failed(failure), outputs };
}

function failureOfLoop({ ending, failure }: Loop): Failure | undefined {
  if (ending?.why === 'stopped') return ending.failure;
  return failure ?? (ending?.why === 'timeout' ? ending.failure : undefined);
}

/** Takes an iteration out of the loop, with what it leaves; returns how it ended once its outputs were measured. */
function gather(outer: Cursor, holder: PlannedStep, given: IterationEnd): IterationEnd {
  const loop = loopAt(outer);
  const { index, sequence } = given;
  const bytes = bytesMore(loop, given);
  const fits =
    loop.gathered_bytes + bytes <= outputsLimitBytes &&
    outer.turn.active.attempt.output_bytes - sequence.output_bytes + bytes <= runOutputsLimitBytes;
  const end = fits ? given : { ...given, outputs: {}, failure: given.failure ?? tooLarge(holder) };
  const added = bytesMore(loop, end);
  addOutputBytes(outer.turn, added - sequence.output_bytes);
  const status = statusOfEnd(end);
  const failure = loop.failure ?? (end.cut ? undefined : end.failure);
  changeBody(outer, {
    ...loop,
    flights: loop.flights.filter((flight) => flight.index !== index),
    counts: { ...loop.counts, [status]: loop.counts[status] + 1 },
    unsuccessful:
      status === 'success' || loop.unsuccessful.length >= unsuccessfulLimit
        ? loop.unsuccessful
        : [...loop.unsuccessful, { index, status }],
    gathered: Object.fromEntries(
      Object.entries(loop.gathered).map(([name, slots]) => [name, put(slots, index, end.outputs[name] ?? null)]),
    ),
    gathered_bytes: loop.gathered_bytes + added,
    details: remember(loop.details, end),
    ...(failure === undefined ? {} : { failure }),
  });
  return end;
}

/** By how much the outputs that are gathered grow, in bytes; an iteration that runs again replaces what it gave before. */
function bytesMore({ gathered }: Loop, { index, outputs }: IterationEnd): number {
  return Object.entries(gathered).reduce((sum, [name, slots]) => {
    const [before, after] = [valueAt(slots, index), outputs[name] ?? null];
    return sum + gatheredBytes(after) - gatheredBytes(before);
  }, 0);
}

function statusOfEnd({ failure, cut }: IterationEnd): 'success' | 'failure' | 'cancelled' {
  if (cut || failure?.error.code === 'CANCELLED') return 'cancelled';
  return failure === undefined ? 'success' : 'failure';
}

/** Remembers the steps of an iteration as far as there is room: the first ones of the loop, and some that failed. */
function remember(details: LoopDetails, { index, sequence, failure }: IterationEnd): LoopDetails {
  const roomFor = { first: detailLimit - details.first.length, failed: detailLimit - details.failed.length };
  if (roomFor.first <= 0 && (failure === undefined || roomFor.failed <= 0)) return details;
  const all = itemsOf(sequence.steps)
    .flatMap(withInside)
    .map((step) => ({ index, step: shortened(step) }));
  const first = all.slice(0, Math.max(0, roomFor.first));
  const failing = all.slice(first.length).filter(({ step }) => step.conclusion === 'failure');
  return {
    first: [...details.first, ...first],
    failed: [...details.failed, ...failing.slice(0, Math.max(0, roomFor.failed))],
  };
}

/** Without outputs that are large: nothing reads them any more. */
function shortened(step: EndedStep): EndedStep {
  return jsonBytes(step.outputs) <= detailBytes ? step : { ...step, outputs: {} };
}

function tooLarge(holder: PlannedStep): Failure {
  return {
    class: 'limit',
    error: errorAt(holder.at, {
      code: 'OUTPUT_TOO_LARGE',
      message: `the outputs of the iterations take more than ${outputsLimitBytes} bytes, or those of the job more than ${runOutputsLimitBytes}`,
      remedy: 'Pass large data as files in the workspace, and only their paths as outputs.',
    }),
  };
}

/** No further iteration begins, and those in flight are cancelled. */
function failFast(cursor: Cursor, reason: string): void {
  const loop = loopAt(cursor);
  const flights = loop.flights.map((flight) => ({ ...flight, cancelled: reason }));
  changeBody(cursor, { ...loop, flights, ending: { why: 'failed' } });
  for (const child of childrenOf(cursor)) cancelSequence(child);
}

function loopAround({ around }: Cursor): {
  readonly outer: Cursor;
  readonly holder: PlannedStep;
  readonly body: LoopBody;
  readonly index: number;
} {
  if (around?.iteration === undefined || around.holder.body?.kind !== 'for-each') {
    throw new TypeError('no iteration ends here');
  }
  return { outer: around.cursor, holder: around.holder, body: around.holder.body, index: around.iteration };
}

/** The loop that a sequence is at. */
function loopAt(cursor: Cursor): Loop {
  const { body } = holdingAt(cursor);
  if (body.kind !== 'for-each') throw new TypeError(`no loop runs in the sequence ${cursor.prefix}`);
  return body;
}
