import { advance } from './advance.ts';
import { newAttempt } from './attempt.ts';
import { failed } from './ending.ts';
import { graceUp, timeUp } from './interruptions.ts';
import type { JobEvent } from './protocol.ts';
import { concludeAttempt, tryStep } from './running.ts';
import { type Effect, currentStep, type JobTurn } from './turn.ts';

/** A timer has fired: the one of the job's retry, of its clock or of the step at hand. Any other was withdrawn. */
export function timerFired(turn: JobTurn, { timer }: Extract<JobEvent, { type: 'timer_fired' }>): Effect {
  const { stage, attempt, start } = turn.active;
  if (stage !== 'working') {
    if (stage.timer !== timer) return 'nothing';
    const next = newAttempt(attempt.number + 1, attempt.layers, start.timeout_ms);
    turn.active = { ...turn.active, attempt: next, stage: 'working' };
    advance(turn);
    return 'changed';
  }
  const { clock } = attempt;
  if (clock.state === 'running' && clock.timer === timer) {
    timeUp(turn);
    return 'changed';
  }
  if (clock.state === 'grace' && clock.timer === timer) {
    graceUp(turn);
    return 'changed';
  }
  return stepTimerFired(turn, timer);
}

function stepTimerFired(turn: JobTurn, timer: string): Effect {
  const { current } = turn.active.attempt;
  const step = currentStep(turn);
  if (step === undefined) return 'nothing';
  if (current.state === 'backing_off' && current.timer === timer) {
    const { settings, started_at, host_calls } = current;
    tryStep(turn, step, { number: current.number + 1, settings, started_at, host_calls, begun: false });
  } else if (current.state === 'sleeping' && current.timer === timer) {
    const slept = { outcome: 'success', outputs: {}, host_calls: { allowed: 0, denied: 0 } } as const;
    concludeAttempt(turn, step, {
      result: current.means === 'done' ? slept : failed(sleepTimeout(current.settings.timeout_ms)),
      attempt: current,
    });
  } else {
    return 'nothing';
  }
  advance(turn);
  return 'changed';
}

function sleepTimeout(timeoutMs = 0): Parameters<typeof failed>[0] {
  return {
    class: 'timeout',
    error: {
      code: 'TIMEOUT',
      message: `the step sleeps longer than its timeout-minutes allow (${timeoutMs / 60_000})`,
      remedy: "Raise the step's timeout-minutes, or sleep for less.",
    },
  };
}
