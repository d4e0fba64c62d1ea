import type { PlannedStep } from '../../../../schemas/index.ts';
import { keyIn } from '../sequence/cursor.ts';
import type { Failure, StepAttempt, Timer } from '../sequence/sequence.ts';
import type { Cursor } from '../turn.ts';

/** Starts the timer by which the body of a step must have ended, where its `timeout-minutes` says so. */
export function deadlineOf(
  { turn, prefix }: Cursor,
  step: PlannedStep,
  { settings, number }: StepAttempt,
): { readonly deadline?: Timer } {
  if (settings.timeout_ms === undefined) return {};
  const timer = `limit/${turn.active.attempt.number}/${keyIn({ prefix }, step)}/${number}`;
  const deadline: Timer = { timer, due: turn.at + settings.timeout_ms };
  turn.commands.push({ type: 'start_timer', ...deadline });
  return { deadline };
}

/** Why a step fails whose body hasn't ended by then. */
export function deadlineFailure({ settings }: StepAttempt): Failure {
  return {
    class: 'timeout',
    error: {
      code: 'TIMEOUT',
      message: `the steps inside took longer than the timeout-minutes of the step around them allow (${(settings.timeout_ms ?? 0) / 60_000})`,
      remedy: "Raise the step's timeout-minutes, or find out what takes so long.",
    },
  };
}
