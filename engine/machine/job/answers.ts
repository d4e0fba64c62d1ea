import { decideByResult } from '../conditions.ts';
import { signalProblem } from '../signals.ts';
import { follow } from './advance.ts';
import { forgetKept } from './attempt/claims.ts';
import { chooseBranch } from './body/branch.ts';
import { takeSignal, waitingFor } from './control/awaiting.ts';
import { loseAgent } from './interruptions.ts';
import type { JobEvent } from './protocol.ts';
import { changeCurrent, currentStep, cursorAt, rootOf, sequenceOf, sequencesIn } from './sequence/cursor.ts';
import { statusOf, stopOf } from './sequence/status.ts';
import { cancelledResult, concludeAttempt, timeoutFailure } from './step/concluding.ts';
import { failed, failUntriedStep } from './step/ending.ts';
import { failForSecrets, tidiesUp } from './step/lacking.ts';
import { type Cursor, changeAttempt, type Effect, type JobTurn, without } from './turn.ts';

type Answer<Type extends JobEvent['type']> = Extract<JobEvent, { readonly type: Type }>;

/** The agent is there: what waited for it is decided anew, now that `runner` is known. */
export function agentClaimed(turn: JobTurn, event: Answer<'agent_claimed'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'requested' || event.job_attempt !== number) return 'nothing';
  turn.commands.push({ type: 'cancel_timer', timer: claim.deadline.timer });
  changeAttempt(turn, { claim: { state: 'held', claim: event.claim } });
  // From now on the workspace is this claim's.
  forgetKept(turn);
  turn.agenda.push(...sequencesIn(rootOf(turn)));
  return 'changed';
}

/** There will be no agent for this attempt. */
export function claimRefused(turn: JobTurn, event: Answer<'claim_refused'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'requested' || event.job_attempt !== number) return 'nothing';
  turn.commands.push({ type: 'cancel_timer', timer: claim.deadline.timer });
  if (event.error.code === 'WORKSPACE_GONE') forgetKept(turn);
  loseAgent(turn, event.error);
  return 'changed';
}

/** The agent is gone, and the workspace with it. */
export function agentLost(turn: JobTurn, event: Answer<'agent_lost'>): Effect {
  const { claim, number } = turn.active.attempt;
  if ((claim.state !== 'requested' && claim.state !== 'held') || event.job_attempt !== number) return 'nothing';
  if (claim.state === 'requested') turn.commands.push({ type: 'cancel_timer', timer: claim.deadline.timer });
  forgetKept(turn);
  loseAgent(turn, {
    code: 'AGENT_LOST',
    message: `the agent of the job was lost: ${event.reason}`,
    remedy: "Look after the agent; the job's `retry` can start it over on another one.",
  });
  return 'changed';
}

/** The agent wasn't heard of for a while, or is again. */
export function agentSuspect(turn: JobTurn, { job_attempt, suspect }: Answer<'agent_suspect'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'held' || job_attempt !== number || (claim.suspect === true) === suspect) return 'nothing';
  changeAttempt(turn, { claim: suspect ? { ...claim, suspect } : without(claim, 'suspect') });
  return 'changed';
}

/** No agent can give the claim at the moment, or one can again. */
export function queueBlocked(turn: JobTurn, { job_attempt, reason }: Answer<'queue_blocked'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'requested' || job_attempt !== number || claim.blocked === reason) return 'nothing';
  changeAttempt(turn, { claim: reason === undefined ? without(claim, 'blocked') : { ...claim, blocked: reason } });
  return 'changed';
}

/** The agent has begun with the step. */
export function stepStarted(turn: JobTurn, event: Answer<'step_started'>): Effect {
  const cursor = cursorAt(turn, event.step);
  const current = cursor === undefined ? undefined : sequenceOf(cursor).current;
  if (cursor === undefined || current?.state !== 'running' || current.begun || !isFor(current.task, event)) {
    return 'nothing';
  }
  const startedAt = current.number === current.first ? event.at : current.started_at;
  changeCurrent(cursor, { ...without(current, 'lacks'), begun: true, started_at: startedAt });
  return 'changed';
}

/** The agent hasn't got the step, since values of secrets are missing. */
export function secretsAwaited(turn: JobTurn, event: Answer<'secrets_awaited'>): Effect {
  const cursor = cursorAt(turn, event.step);
  const step = cursor === undefined ? undefined : currentStep(cursor);
  if (cursor === undefined || step === undefined) return 'nothing';
  const { current } = sequenceOf(cursor);
  if (current.state !== 'running' || current.begun || !isFor(current.task, event)) return 'nothing';
  const { secrets } = event;
  if (secrets.length > 0 && tidiesUp(cursor)) {
    failForSecrets(cursor, step, { current, secrets });
    turn.agenda.push(cursor);
    return 'changed';
  }
  if (current.cut !== undefined || isSameList(current.lacks, secrets)) return 'nothing';
  changeCurrent(cursor, { ...current, lacks: secrets });
  return 'changed';
}

/** The attempt of the step is over. */
export function stepFinished(turn: JobTurn, event: Answer<'step_finished'>): Effect {
  const cursor = cursorAt(turn, event.step);
  const step = cursor === undefined ? undefined : currentStep(cursor);
  if (cursor === undefined || step === undefined) return 'nothing';
  const { current } = sequenceOf(cursor);
  if (current.state !== 'running' || !isFor(current.task, event)) return 'nothing';
  const { cut } = current;
  concludeAttempt(cursor, step, { result: event.result, attempt: current, ...(cut === undefined ? {} : { cut }) });
  turn.agenda.push(cursor);
  return 'changed';
}

/** The agent has evaluated a condition. */
export function evaluated(turn: JobTurn, event: Answer<'evaluated'>): Effect {
  // An id names the step between its sort and what tells its evaluations apart.
  const cursor = cursorAt(turn, event.id.split('/')[2] ?? '');
  if (cursor === undefined) return 'nothing';
  const effect = ifEvaluated(cursor, event) === 'changed' ? 'changed' : bodyEvaluated(cursor, event);
  if (effect === 'changed') turn.agenda.push(cursor);
  return effect;
}

/** Of the `if` of a step. Where the status of its sequence has changed meanwhile, it is asked again; where that was stopped, it is skipped. */
function ifEvaluated(cursor: Cursor, { id, result }: Answer<'evaluated'>): Effect {
  const { current } = sequenceOf(cursor);
  const step = currentStep(cursor);
  if (step?.if === undefined || current.state !== 'evaluating' || current.task.id !== id) return 'nothing';
  changeCurrent(cursor, { state: 'deciding' });
  if (current.status === statusOf(cursor) && stopOf(cursor) === undefined) {
    if ('error' in result) failUntriedStep(cursor, step, result.error);
    else follow(cursor, step, decideByResult(step.if, result.ok, result.read ?? []));
  }
  return 'changed';
}

/** Of the body of a step. Where the step was told to end meanwhile, it does. */
function bodyEvaluated(cursor: Cursor, { id, result }: Answer<'evaluated'>): Effect {
  const { current } = sequenceOf(cursor);
  const step = currentStep(cursor);
  if (step === undefined || current.state !== 'asking' || current.task.id !== id) return 'nothing';
  if (current.cut === 'cancelled') {
    concludeAttempt(cursor, step, { result: cancelledResult(cursor), attempt: current, cut: 'cancelled' });
  } else if (current.cut === 'timeout') {
    concludeAttempt(cursor, step, { result: failed(timeoutFailure(cursor)), attempt: current, cut: 'timeout' });
  } else if ('error' in result) {
    concludeAttempt(cursor, step, { result: failed(result), attempt: current });
  } else {
    chooseBranch(cursor, step, result.ok);
  }
  return 'changed';
}

/** Somebody has sent a signal; one that is refused changes nothing. */
export function signalReceived(turn: JobTurn, { signal }: Answer<'signal_received'>): Effect {
  const waiting = waitingFor(turn, signal.name);
  if (waiting === undefined || signalProblem(waiting.current.awaited, signal) !== undefined) return 'nothing';
  takeSignal(waiting.cursor, waiting.step, signal);
  turn.agenda.push(waiting.cursor);
  return 'changed';
}

/** Nothing more begins from now on. */
export function pauseRequested(turn: JobTurn, { at, by }: Answer<'pause_requested'>): Effect {
  if (turn.active.cancel !== undefined || turn.active.pause !== undefined) return 'nothing';
  turn.active = { ...turn.active, pause: { at, by } };
  return 'changed';
}

/** What the pause held back begins. */
export function resumeRequested(turn: JobTurn): Effect {
  if (turn.active.pause === undefined) return 'nothing';
  turn.active = without(turn.active, 'pause');
  if (turn.active.stage === 'working') turn.agenda.push(...sequencesIn(rootOf(turn)));
  return 'changed';
}

function isSameList(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && other.every((name, index) => one[index] === name);
}

/** An event names the attempt that it is about; one of another attempt comes late, or twice. */
function isFor(
  task: { readonly step: string; readonly attempt: number; readonly job_attempt: number },
  event: { readonly step: string; readonly attempt: number; readonly job_attempt: number },
): boolean {
  return task.step === event.step && task.attempt === event.attempt && task.job_attempt === event.job_attempt;
}
