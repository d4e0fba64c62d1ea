import { expressionsOf } from '../../../../dsl/expressions/index.ts';
import { isJsonList, type Json, type PlannedBody, type PlannedStep } from '../../../../schemas/index.ts';
import { errorAt, type Problem, type Result } from '../../errors.ts';
import { burstLimit, concurrencyLimit, flightLimit, itemLimit, itemsLimitBytes, jsonBytes } from '../../limits.ts';
import { pathsOf } from '../../references.ts';
import { emptySlots } from '../../slots.ts';
import { countUpTo, entriesOf, flagOf, shown, valueOf } from '../../templates.ts';
import { stepContexts } from '../sequence/contexts.ts';
import { changeBody, holdingAt, iterationOf, keyIn, sequencesAround } from '../sequence/cursor.ts';
import { type Iteration, type Loop, newSequence, type StepAttempt, type TriedStep } from '../sequence/sequence.ts';
import { deadlineOf } from '../step/deadline.ts';
import { type Cursor, without } from '../turn.ts';
import { loopAgain } from './redo.ts';

/** `for-each@v1`, as planned. */
export type LoopBody = Extract<PlannedBody, { readonly kind: 'for-each' }>;

const concurrencyOf = countUpTo(concurrencyLimit);

/** Starts `for-each@v1`: an iteration for each item, so many at once as it says. */
export function startLoop(
  cursor: Cursor,
  step: PlannedStep,
  { attempt, body }: { readonly attempt: StepAttempt; readonly body: LoopBody },
): Result<TriedStep> {
  const contexts = stepContexts(cursor, step, pathsOf(body.items, body.concurrency, body.fail_fast));
  if ('error' in contexts) return contexts;
  const environment = { contexts: contexts.ok };
  const value = valueOf(body.items, environment);
  if ('error' in value) return value;
  const items = itemsIn(value.ok, body, step);
  if ('error' in items) return items;
  const concurrency = concurrencyOf(body.concurrency, environment, { name: 'concurrency', at: step.at });
  if ('error' in concurrency) return concurrency;
  const failFast = flagOf(body.fail_fast, environment, { name: 'fail-fast', at: step.at });
  if ('error' in failFast) return failFast;
  const most = shareOf(cursor);
  const width = Math.min(concurrency.ok, most);
  const loop: Loop = {
    kind: 'for-each',
    items: items.ok,
    width,
    share: Math.max(1, Math.floor(most / width)),
    fail_fast: failFast.ok,
    next: 0,
    flights: [],
    counts: { success: 0, failure: 0, cancelled: 0 },
    unsuccessful: [],
    gathered: Object.fromEntries(entriesOf(body.outputs).map(([name]) => [name, emptySlots(items.ok.length)])),
    gathered_bytes: 0,
    details: { first: [], failed: [] },
  };
  const begun = loopAgain(cursor, step, loop);
  if ('error' in begun) return begun;
  return { ok: { ...attempt, state: 'inside', body: begun.ok, ...deadlineOf(cursor, step, attempt) } };
}

/** Begins as many iterations as may run at once. Of very many in one event it takes a breath, so that no event takes long. */
export function beginIterations(cursor: Cursor, step: PlannedStep): void {
  const { turn } = cursor;
  const { body, number } = holdingAt(cursor);
  if (body.kind !== 'for-each' || body.ending !== undefined || turn.active.pause !== undefined) return;
  const free = Math.min(body.width - body.flights.length, body.items.length - body.next);
  const count = Math.min(free, burstLimit - turn.begun);
  if (count > 0) {
    const begun = Array.from(
      { length: count },
      (_, offset): Iteration => ({
        index: body.next + offset,
        sequence: newSequence,
      }),
    );
    turn.begun += count;
    changeBody(cursor, { ...body, next: body.next + count, flights: [...body.flights, ...begun] });
    for (const { index } of begun) turn.agenda.push(iterationOf(cursor, step, index));
  }
  if (count >= free || body.breath !== undefined) return;
  const { body: now } = holdingAt(cursor);
  if (now.kind !== 'for-each') return;
  const timer = `breath/${turn.active.attempt.number}/${keyIn(cursor, step)}/${number}/${now.next}`;
  const breath = { timer, due: turn.at };
  turn.commands.push({ type: 'start_timer', ...breath });
  changeBody(cursor, { ...now, breath });
}

/** The breath is taken. */
export function breathe(cursor: Cursor): void {
  const { body } = holdingAt(cursor);
  if (body.kind === 'for-each') changeBody(cursor, without(body, 'breath'));
}

function itemsIn(value: Json, { items: template }: LoopBody, step: PlannedStep): Result<readonly Json[]> {
  const at = expressionsOf(template)[0]?.at ?? step.at;
  if (!isJsonList(value)) {
    const problem: Problem = {
      code: 'INVALID_INPUT',
      message: `the items of a for-each must be a list, but they are ${shown(value)}`,
      remedy: 'Make the expression give a list; `fromJSON` reads one from a text.',
    };
    return { error: errorAt(at, problem) };
  }
  const found = value.length > itemLimit ? `${value.length} items; it may have ${itemLimit}` : tooLarge(value);
  if (found === undefined) return { ok: value };
  const problem: Problem = {
    code: 'LIMIT_EXCEEDED',
    message: `a for-each is given ${found}`,
    remedy: 'Divide the list over several loops, and keep large data in files.',
  };
  return { error: errorAt(at, problem) };
}

function tooLarge(items: readonly Json[]): string | undefined {
  const bytes = jsonBytes(items);
  return bytes > itemsLimitBytes ? `items of ${bytes} bytes; they may take ${itemsLimitBytes}` : undefined;
}

/** Most iterations at once of all loops here, together: what the loops around leave of the limit. */
function shareOf(cursor: Cursor): number {
  for (const outer of sequencesAround(cursor)) {
    const { body } = holdingAt(outer);
    if (body.kind === 'for-each') return body.share;
  }
  return flightLimit;
}
