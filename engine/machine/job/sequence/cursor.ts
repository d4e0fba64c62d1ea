import type { PlannedStep, StepKey } from '../../../../schemas/index.ts';
import { countOf } from '../../chunks.ts';
import { type Cursor, changeAttempt, type JobTurn } from '../turn.ts';
import type { Body, CurrentStep, HoldingStep, Iteration, Sequence } from './sequence.ts';

/** The sequence of the job's own steps. */
export function rootOf(turn: JobTurn): Cursor {
  return { turn, steps: turn.job.steps, prefix: '' };
}

/** The sequence that a cursor points at; undefined once it is over and gone. */
export function findSequence({ turn, around }: Cursor): Sequence | undefined {
  if (around === undefined) return turn.active.attempt.sequence;
  const outer = findSequence(around.cursor);
  // The sequence around may have come to another step that holds some.
  if (outer?.current.state !== 'inside' || around.cursor.steps[countOf(outer.steps)] !== around.holder)
    return undefined;
  const { body } = outer.current;
  return body.kind === 'if' ? body.sequence : body.flights.find(({ index }) => index === around.iteration)?.sequence;
}

/** As {@link findSequence}, where it must be there. */
export function sequenceOf(cursor: Cursor): Sequence {
  const sequence = findSequence(cursor);
  if (sequence === undefined) throw new TypeError(`the sequence ${cursor.prefix} is over`);
  return sequence;
}

/** The step that a sequence is at, as planned; undefined past the last one. */
export function currentStep(cursor: Cursor): PlannedStep | undefined {
  return cursor.steps[countOf(sequenceOf(cursor).steps)];
}

/** Replaces parts of a sequence, and with it of all those around it. */
export function changeSequence(cursor: Cursor, change: Partial<Sequence>): void {
  replaceSequence(cursor, { ...sequenceOf(cursor), ...change });
}

/** Replaces a sequence, and with it parts of all those around it. */
export function replaceSequence(cursor: Cursor, sequence: Sequence): void {
  const { turn, around } = cursor;
  if (around === undefined) return changeAttempt(turn, { sequence });
  const { body } = holdingAt(around.cursor);
  if (body.kind === 'if') return changeBody(around.cursor, { ...body, sequence });
  changeBody(around.cursor, {
    ...body,
    flights: body.flights.map((flight) => (flight.index === around.iteration ? { ...flight, sequence } : flight)),
  });
}

/** Replaces the step that a sequence is at. That it came to another point is news, once it has begun. */
export function changeCurrent(cursor: Cursor, current: CurrentStep): void {
  changeSequence(cursor, { current });
  const step = currentStep(cursor);
  switch (current.state) {
    case 'deciding':
    case 'evaluating':
    case 'ready':
      return;
    default:
      if (step !== undefined) cursor.turn.news.moved.add(keyIn(cursor, step));
  }
}

/** The step that a sequence is at, which must have a body that runs. */
export function holdingAt(cursor: Cursor): HoldingStep {
  const { current } = sequenceOf(cursor);
  if (current.state !== 'inside') throw new TypeError(`no body runs in the sequence ${cursor.prefix}`);
  return current;
}

/** Replaces the body of the step that a sequence is at. */
export function changeBody(cursor: Cursor, body: Body): void {
  changeSequence(cursor, { current: { ...holdingAt(cursor), body } });
}

/** The sequences inside of the step that this one is at. */
export function childrenOf(cursor: Cursor): readonly Cursor[] {
  const { current } = sequenceOf(cursor);
  const step = currentStep(cursor);
  if (current.state !== 'inside' || step === undefined) return [];
  return current.body.kind === 'if'
    ? [branchOf(cursor, step, current.body.branch)]
    : current.body.flights.map(({ index }) => iterationOf(cursor, step, index));
}

/** The steps of a branch of `if@v1`. */
export function branchOf(cursor: Cursor, holder: PlannedStep, branch: 'then' | 'else'): Cursor {
  if (holder.body?.kind !== 'if') throw new TypeError(`step ${holder.key} has no branches`);
  return {
    turn: cursor.turn,
    steps: holder.body[branch],
    prefix: `${keyIn(cursor, holder)}.`,
    around: { cursor, holder },
  };
}

/** The steps of one iteration of `for-each@v1`. */
export function iterationOf(cursor: Cursor, holder: PlannedStep, index: number): Cursor {
  if (holder.body?.kind !== 'for-each') throw new TypeError(`step ${holder.key} has no iterations`);
  return {
    turn: cursor.turn,
    steps: holder.body.steps,
    prefix: `${keyIn(cursor, holder)}[${index}].`,
    around: { cursor, holder, iteration: index },
  };
}

/** The iteration that a sequence is, in flight; undefined where it is none. */
export function iterationAt({ around }: Cursor): Iteration | undefined {
  if (around?.iteration === undefined) return undefined;
  const { body } = holdingAt(around.cursor);
  return body.kind === 'for-each' ? body.flights.find(({ index }) => index === around.iteration) : undefined;
}

/** A step's key as events, tasks and views name it: with the steps around it. */
export function keyIn({ prefix }: Pick<Cursor, 'prefix'>, step: PlannedStep): StepKey {
  // The reader of the file made the step's own key, and the steps around it have theirs; that is what a StepKey is.
  return `${prefix}${step.key}` as StepKey;
}

/** The sequence that is at the step with this key; undefined where none is. */
export function cursorAt(turn: JobTurn, key: string): Cursor | undefined {
  const parts = key.split('.');
  const own = parts.pop();
  let cursor = rootOf(turn);
  for (const part of parts) {
    const inner = childrenOf(cursor).find(({ prefix }) => prefix === `${cursor.prefix}${part}.`);
    if (inner === undefined) return undefined;
    cursor = inner;
  }
  return currentStep(cursor)?.key === own ? cursor : undefined;
}

/** A sequence and those inside of it, the inner ones first. */
export function* sequencesIn(cursor: Cursor): Generator<Cursor> {
  for (const child of childrenOf(cursor)) yield* sequencesIn(child);
  yield cursor;
}

/** The sequences around one, from the next one to the root. */
export function* sequencesAround({ around }: Cursor): Generator<Cursor> {
  if (around === undefined) return;
  yield around.cursor;
  yield* sequencesAround(around.cursor);
}
