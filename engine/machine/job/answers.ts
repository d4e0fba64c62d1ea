import { decideByResult } from '../conditions.ts';
import { advance, follow } from './advance.ts';
import { failUntriedStep } from './ending.ts';
import { loseAgent } from './interruptions.ts';
import type { JobEvent } from './protocol.ts';
import { concludeAttempt } from './running.ts';
import { changeAttempt, changeCurrent, currentStep, type Effect, type JobTurn, jobStatus } from './turn.ts';

type Answer<Type extends JobEvent['type']> = Extract<JobEvent, { readonly type: Type }>;

/** The agent is there: the step that waited for it is decided anew, now that `runner` is known. */
export function agentClaimed(turn: JobTurn, event: Answer<'agent_claimed'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'requested' || event.job_attempt !== number) return 'nothing';
  changeAttempt(turn, { claim: { state: 'held', claim: event.claim } });
  advance(turn);
  return 'changed';
}

/** There will be no agent for this attempt. */
export function claimRefused(turn: JobTurn, event: Answer<'claim_refused'>): Effect {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'requested' || event.job_attempt !== number) return 'nothing';
  loseAgent(turn, event.error);
  return 'changed';
}

/** The agent is gone, and the workspace with it. */
export function agentLost(turn: JobTurn, event: Answer<'agent_lost'>): Effect {
  const { claim, number } = turn.active.attempt;
  if ((claim.state !== 'requested' && claim.state !== 'held') || event.job_attempt !== number) return 'nothing';
  loseAgent(turn, {
    code: 'AGENT_LOST',
    message: `the agent of the job was lost: ${event.reason}`,
    remedy: "Look after the agent; the job's `retry` can start it over on another one.",
  });
  return 'changed';
}

/** The agent has begun with the step. */
export function stepStarted(turn: JobTurn, event: Answer<'step_started'>): Effect {
  const { current } = turn.active.attempt;
  if (current.state !== 'running' || current.begun || !isFor(current.task, event)) return 'nothing';
  const startedAt = current.number === 1 ? event.at : current.started_at;
  changeCurrent(turn, { ...current, begun: true, started_at: startedAt });
  return 'changed';
}

/** The attempt of the step is over. */
export function stepFinished(turn: JobTurn, event: Answer<'step_finished'>): Effect {
  const { current } = turn.active.attempt;
  const step = currentStep(turn);
  if (step === undefined || current.state !== 'running' || !isFor(current.task, event)) return 'nothing';
  const { cancelled } = current;
  concludeAttempt(turn, step, {
    result: event.result,
    attempt: current,
    ...(cancelled === undefined ? {} : { cancelled }),
  });
  advance(turn);
  return 'changed';
}

/** The agent has evaluated the condition of a step. Where the job's status has changed meanwhile, it is asked again. */
export function evaluated(turn: JobTurn, { id, result }: Answer<'evaluated'>): Effect {
  const { current } = turn.active.attempt;
  const step = currentStep(turn);
  if (step?.if === undefined || current.state !== 'evaluating' || current.task.id !== id) return 'nothing';
  changeCurrent(turn, { state: 'deciding' });
  if (current.status === jobStatus(turn.active)) {
    if ('error' in result) failUntriedStep(turn, step, result.error);
    else follow(turn, step, decideByResult(step.if, result.ok, result.read ?? []));
  }
  advance(turn);
  return 'changed';
}

/** An event names the attempt that it is about; one of another attempt comes late, or twice. */
function isFor(
  task: { readonly step: string; readonly attempt: number; readonly job_attempt: number },
  event: { readonly step: string; readonly attempt: number; readonly job_attempt: number },
): boolean {
  return task.step === event.step && task.attempt === event.attempt && task.job_attempt === event.job_attempt;
}
