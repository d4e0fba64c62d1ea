import { assertNever, durationText } from '../../../schemas/index.ts';
import { queueTimeoutMs } from '../limits.ts';
import { newAttempt } from './attempt/attempt.ts';
import { breathe } from './body/loop.ts';
import { awaitingTimeout } from './control/awaiting.ts';
import { sleepTimeout } from './control/sleep.ts';
import { graceUp, loseAgent, stopBody, timeUp } from './interruptions.ts';
import type { JobEvent } from './protocol.ts';
import { changeCurrent, currentStep, cursorAt, keyIn, rootOf, sequenceOf } from './sequence/cursor.ts';
import type { HoldingStep, TriedStep } from './sequence/sequence.ts';
import { concludeAttempt, succeeded } from './step/concluding.ts';
import { deadlineFailure } from './step/deadline.ts';
import { failed } from './step/ending.ts';
import type { Cursor, Effect, JobTurn } from './turn.ts';

/** A timer has fired: the one of the job's retry, of its claim, of its clock or of a step. Any other was withdrawn. */
export function timerFired(turn: JobTurn, { timer }: Extract<JobEvent, { type: 'timer_fired' }>): Effect {
  const { stage, attempt, start } = turn.active;
  if (stage !== 'working') {
    if (stage.timer !== timer) return 'nothing';
    const next = newAttempt(attempt.number + 1, attempt.layers, start.timeout_ms);
    turn.active = { ...turn.active, attempt: next, stage: 'working' };
    turn.agenda.push(rootOf(turn));
    return 'changed';
  }
  const { claim, clock } = attempt;
  if (claim.state === 'requested' && claim.deadline.timer === timer) {
    waitedTooLong(turn);
    return 'changed';
  }
  if (clock.state === 'running' && clock.timer === timer) {
    if (clock.of === 'timeout') timeUp(turn);
    else graceUp(turn);
    return 'changed';
  }
  return stepTimerFired(turn, timer);
}

/** No agent took the job in time: the claim is withdrawn. */
function waitedTooLong(turn: JobTurn): void {
  const { attempt, start } = turn.active;
  const workspace = attempt.keep === undefined ? 'remove' : 'keep';
  turn.commands.push({ type: 'release_agent', job_attempt: attempt.number, workspace });
  const where = start.host === undefined ? `queue ${start.queue}` : `host ${start.host} of queue ${start.queue}`;
  loseAgent(turn, {
    code: 'QUEUE_TIMEOUT',
    message: `no agent of ${where} took the job within ${durationText(turn.job.queue_timeout_ms ?? queueTimeoutMs)}`,
    remedy: "Start an agent for the queue, or raise the job's `queue-timeout`.",
  });
}

function stepTimerFired(turn: JobTurn, timer: string): Effect {
  // A timer names the step between its sort and what tells its timers apart.
  const cursor = cursorAt(turn, timer.split('/')[2] ?? '');
  const current = cursor === undefined ? undefined : sequenceOf(cursor).current;
  if (cursor === undefined || current === undefined) return 'nothing';
  if (current.state === 'deciding' || current.state === 'evaluating') return 'nothing';
  if (timerOfStep(cursor, current, timer) === 'nothing') return 'nothing';
  turn.agenda.push(cursor);
  return 'changed';
}

function timerOfStep(cursor: Cursor, current: TriedStep, timer: string): Effect {
  const step = currentStep(cursor);
  if (step === undefined) return 'nothing';
  switch (current.state) {
    case 'backing_off': {
      if (current.timer !== timer) return 'nothing';
      const { settings, first, started_at, host_calls, failure } = current;
      const next = { number: current.number + 1, first, settings, started_at, host_calls, begun: false };
      changeCurrent(cursor, { ...next, state: 'ready', failure });
      return 'changed';
    }
    case 'sleeping': {
      if (current.timer !== timer) return 'nothing';
      const { means, settings } = current;
      const result = means === 'done' ? succeeded() : failed(sleepTimeout(settings.timeout_ms));
      concludeAttempt(cursor, step, { result, attempt: current });
      return 'changed';
    }
    case 'awaiting':
      if (current.deadline?.timer !== timer) return 'nothing';
      cursor.turn.commands.push({ type: 'stop_awaiting', name: current.awaited.name });
      concludeAttempt(cursor, step, { result: failed(awaitingTimeout(current)), attempt: current });
      return 'changed';
    case 'inside':
      return timerOfBody(cursor, current, timer);
    case 'ready':
    case 'asking':
    case 'running':
      return 'nothing';
    default:
      return assertNever(current);
  }
}

function timerOfBody(cursor: Cursor, holding: HoldingStep, timer: string): Effect {
  const { body, deadline, settings } = holding;
  const step = currentStep(cursor);
  if (step === undefined) return 'nothing';
  if (body.kind === 'for-each' && body.breath?.timer === timer) {
    breathe(cursor);
    return 'changed';
  }
  if (deadline?.timer !== timer) return 'nothing';
  const { deadline: _fired, ...rest } = holding;
  changeCurrent(cursor, rest);
  const read = [{ path: `${keyIn(cursor, step)}.timeout-minutes`, value: (settings.timeout_ms ?? 0) / 60_000 }];
  stopBody(cursor, { failure: deadlineFailure(holding), read });
  return 'changed';
}
