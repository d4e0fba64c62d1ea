import { toText } from '../../../../dsl/expressions/index.ts';
import {
  assertNever,
  durationText,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type PlannedStep,
  type StepKey,
} from '../../../../schemas/index.ts';
import { itemsOf } from '../../chunks.ts';
import type { Result } from '../../errors.ts';
import type { AwaitedSignal, Signal } from '../../run/protocol.ts';
import { decisionOf, signalNamePattern } from '../../signals.ts';
import { shown } from '../../templates.ts';
import { currentStep, keyIn, rootOf, sequenceOf, sequencesIn } from '../sequence/cursor.ts';
import type { CurrentStep, Failure, StepAttempt, Timer, TriedStep } from '../sequence/sequence.ts';
import { concludeAttempt, succeeded, withdraw } from '../step/concluding.ts';
import { failed } from '../step/ending.ts';
import type { Cursor, JobTurn } from '../turn.ts';
import { controlInputs, inputProblem } from './inputs.ts';
import { pushBack } from './push-back.ts';
import { durationOf } from './sleep.ts';

type AwaitingStep = Extract<CurrentStep, { readonly state: 'awaiting' }>;

/** Starts `approval@v1`: it waits for somebody's decision. Inputs: `approvers`, `message`, `timeout`. */
export function startApproval(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const inputs = controlInputs(cursor, step, ['approvers', 'message', 'timeout']);
  if ('error' in inputs) return inputs;
  const { approvers: given = [], message = null, timeout = null } = inputs.ok;
  const approvers = approversIn(given);
  if (approvers === undefined) {
    return inputProblem(step, {
      message: `the approvers of a step are names, but they are ${shown(given)}`,
      remedy: 'Write a name or a list of names; without any, whoever may approve may decide.',
    });
  }
  const { key: job } = cursor.turn.active.start;
  const key = keyIn(cursor, step);
  const awaited: AwaitedSignal = {
    name: `approval:${job}/${key}`,
    job,
    step: key,
    kind: 'approval',
    approvers,
    ...(message === null ? {} : { message: toText(message) }),
    push_back_to: stepsBefore(cursor),
  };
  return startAwaiting(cursor, step, { attempt, awaited, timeout });
}

/** Starts `wait-for@v1`: it waits for a signal from outside. Inputs: `signal`, `schema`, `timeout`. */
export function startWaitFor(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const inputs = controlInputs(cursor, step, ['signal', 'schema', 'timeout']);
  if ('error' in inputs) return inputs;
  const { signal: name = null, schema = null, timeout = null } = inputs.ok;
  if (typeof name !== 'string' || !signalNamePattern.test(name)) {
    return inputProblem(step, {
      message: `${shown(name)} is no name of a signal`,
      remedy: 'Use up to 100 letters, digits, dots, dashes and underscores.',
    });
  }
  if (schema !== null && !isJsonObject(schema)) {
    return inputProblem(step, {
      message: `${shown(schema)} is no schema of a payload`,
      remedy: 'Write a JSON Schema, such as `{ type: object }`.',
    });
  }
  const other = waitingFor(cursor.turn, name);
  if (other !== undefined) {
    return inputProblem(step, {
      message: `step ${keyIn(other.cursor, other.step)} waits for the signal ${name} already`,
      remedy: 'Give each of them a name of its own; in a loop `${{ each.index }}` can be a part of it.',
    });
  }
  const { key: job } = cursor.turn.active.start;
  const shape = schema === null ? {} : { schema };
  const awaited: AwaitedSignal = { name, job, step: keyIn(cursor, step), kind: 'signal', ...shape };
  return startAwaiting(cursor, step, { attempt, awaited, timeout });
}

/** A signal that the step of a sequence waits for has come, and is one that it takes. */
export function takeSignal(cursor: Cursor, step: PlannedStep, signal: Signal): void {
  const { current } = sequenceOf(cursor);
  if (current.state !== 'awaiting') return;
  withdraw(cursor, current);
  if (current.awaited.kind === 'signal') {
    const { payload, by } = signal;
    return concludeAttempt(cursor, step, { result: succeeded({ payload, by }), attempt: current });
  }
  const decision = decisionOf(signal.payload);
  if (decision === undefined) throw new TypeError('a signal is taken only if it is a decision');
  switch (decision.decision) {
    case 'approve': {
      const outputs: JsonObject = { decision: 'approved', by: signal.by, comment: decision.comment ?? '' };
      return concludeAttempt(cursor, step, { result: succeeded(outputs), attempt: current });
    }
    case 'reject':
      return concludeAttempt(cursor, step, {
        result: {
          ...failed(rejection(signal.by, decision.comment)),
          outputs: { decision: 'rejected', by: signal.by, comment: decision.comment ?? '' },
        },
        attempt: current,
      });
    case 'push-back':
      return pushBack(cursor, decision.to, decision.comment ?? '');
    default:
      assertNever(decision);
  }
}

/** Why a step fails that has waited for as long as it may. */
export function awaitingTimeout({ awaited, deadline, started_at }: AwaitingStep): Failure {
  const waitedMs = (deadline?.due ?? started_at) - started_at;
  const what = awaited.kind === 'approval' ? 'nobody decided' : `the signal ${awaited.name} did not come`;
  return {
    class: 'timeout',
    error: {
      code: 'TIMEOUT',
      message: `${what} within ${durationText(waitedMs)}`,
      remedy: "Raise the step's `timeout`, or see to it that somebody answers in time.",
    },
  };
}

/** The step of a sequence that waits for a signal of this name; undefined where none does. */
export function waitingFor(
  turn: JobTurn,
  name: string,
): { readonly cursor: Cursor; readonly step: PlannedStep; readonly current: AwaitingStep } | undefined {
  for (const cursor of sequencesIn(rootOf(turn))) {
    const { current } = sequenceOf(cursor);
    const step = currentStep(cursor);
    if (current.state === 'awaiting' && current.awaited.name === name && step !== undefined) {
      return { cursor, step, current };
    }
  }
  return undefined;
}

function startAwaiting(
  cursor: Cursor,
  step: PlannedStep,
  {
    attempt,
    awaited: asked,
    timeout,
  }: { readonly attempt: StepAttempt; readonly awaited: AwaitedSignal; readonly timeout: Json },
): Result<TriedStep> {
  const { turn } = cursor;
  const place = `${keyIn(cursor, step)}#${turn.active.attempt.number}.${attempt.number}`;
  const awaited: AwaitedSignal = { ...asked, id: `${turn.active.start.key}/${place}` };
  const own = timeout === null ? { ok: Number.POSITIVE_INFINITY } : durationOf(step, timeout);
  if ('error' in own) return own;
  const most = Math.min(own.ok, attempt.settings.timeout_ms ?? Number.POSITIVE_INFINITY);
  turn.commands.push({ type: 'await_signal', awaited });
  const waiting: AwaitingStep = { ...attempt, state: 'awaiting', awaited };
  if (most === Number.POSITIVE_INFINITY) return { ok: waiting };
  const timer = `wait/${turn.active.attempt.number}/${keyIn(cursor, step)}/${attempt.number}`;
  const deadline: Timer = { timer, due: turn.at + most };
  turn.commands.push({ type: 'start_timer', ...deadline });
  return { ok: { ...waiting, deadline } };
}

/** Steps that a decision may be pushed back to: those before, but for the ones that didn't run. */
function stepsBefore(cursor: Cursor): readonly StepKey[] {
  return itemsOf(sequenceOf(cursor).steps).flatMap(({ key, outcome }) => (outcome === 'skipped' ? [] : [key]));
}

function rejection(by: string, comment = ''): Failure {
  return {
    error: {
      code: 'REJECTED',
      message: comment === '' ? `${by} rejected it` : `${by} rejected it: ${comment}`,
      remedy: 'Do what it was rejected for, and run the workflow again.',
    },
  };
}

/** Undefined where they are no names. */
function approversIn(given: Json): readonly string[] | undefined {
  const names = isJsonList(given) ? given : [given];
  return names.every((name): name is string => typeof name === 'string' && name.trim() !== '') ? names : undefined;
}
