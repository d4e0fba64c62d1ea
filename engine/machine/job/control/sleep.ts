import {
  type Json,
  type JsonObject,
  type PlannedStep,
  parseDurationOrSeconds,
  parseTimestamp,
} from '../../../../schemas/index.ts';
import type { Result } from '../../errors.ts';
import { longestMinutes } from '../../limits.ts';
import { shown } from '../../templates.ts';
import { restOf } from '../attempt/clock.ts';
import { keyIn } from '../sequence/cursor.ts';
import type { CurrentStep, Failure, StepAttempt } from '../sequence/sequence.ts';
import type { Cursor } from '../turn.ts';
import { controlInputs, inputProblem } from './inputs.ts';

/** Longest duration of a control node, in ms. */
const longestMs = longestMinutes * 60_000;

/** Starts `sleep@v1`: one timer. */
export function startSleep(cursor: Cursor, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const { turn } = cursor;
  const inputs = controlInputs(cursor, step, ['duration', 'until']);
  if ('error' in inputs) return inputs;
  const duration = lengthOf(step, inputs.ok, turn.at);
  if ('error' in duration) return duration;
  const most = Math.min(attempt.settings.timeout_ms ?? Number.POSITIVE_INFINITY, restOf(turn));
  // The job's own timeout has a timer already; only a limit of the step ends the sleep here.
  const timeout = attempt.settings.timeout_ms === most && most < duration.ok;
  const timer = `sleep/${turn.active.attempt.number}/${keyIn(cursor, step)}/${attempt.number}`;
  const due = turn.at + (timeout ? most : duration.ok);
  turn.commands.push({ type: 'start_timer', timer, due });
  return { ok: { ...attempt, state: 'sleeping', timer, due, means: timeout ? 'timeout' : 'done' } };
}

/** How long it sleeps from `now` on, in ms; a time that is over takes none. */
function lengthOf(step: PlannedStep, { duration = null, until = null }: JsonObject, now: number): Result<number> {
  if (until === null) return durationOf(step, duration);
  if (duration !== null) {
    return inputProblem(step, {
      message: 'sleep is given both `duration` and `until`',
      remedy: 'Give one of them.',
    });
  }
  const at = typeof until === 'string' ? parseTimestamp(until) : undefined;
  if (at !== undefined && at - now <= longestMs) return { ok: Math.max(0, at - now) };
  return inputProblem(step, {
    message: `${shown(until)} is no time that sleep can wait for`,
    remedy:
      'Write it with its offset from UTC, as 2026-12-24T18:00:00+01:00 or 2026-12-24T17:00Z, at most a year from now.',
  });
}

/** A duration that a control node is given, in ms. */
export function durationOf(step: PlannedStep, duration: Json): Result<number> {
  const ms = parseDurationOrSeconds(duration);
  if (ms !== undefined && ms <= longestMs) return { ok: ms };
  const [node] = step.uses.split('@');
  return inputProblem(step, {
    message: `${shown(duration)} is no duration that ${node} can take`,
    remedy: 'Write for example 90 (seconds), 500ms, 1h30m or PT1H30M, at most a year.',
  });
}

/** Why a step fails that sleeps for longer than it may. */
export function sleepTimeout(timeoutMs = 0): Failure {
  return {
    class: 'timeout',
    error: {
      code: 'TIMEOUT',
      message: `the step sleeps longer than its timeout-minutes allow (${timeoutMs / 60_000})`,
      remedy: "Raise the step's timeout-minutes, or sleep for less.",
    },
  };
}
