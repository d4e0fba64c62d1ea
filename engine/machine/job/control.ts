import { isJsonObject, parseDurationOrSeconds, type PlannedStep } from '../../../schemas/index.ts';
import { errorAt, type Problem, type Result } from '../errors.ts';
import { longestMinutes } from '../limits.ts';
import { pathsOf } from '../references.ts';
import { shown, valueOf } from '../templates.ts';
import { restOf } from './clock.ts';
import { stepContexts } from './contexts.ts';
import type { CurrentStep, StepAttempt } from './state.ts';
import type { JobTurn } from './turn.ts';

/** Longest sleep, in ms. */
const longestSleepMs = longestMinutes * 60_000;

/** Starts a control node, which the machine carries out without an agent: today `sleep`, one timer. */
export function startControl(turn: JobTurn, step: PlannedStep, attempt: StepAttempt): Result<CurrentStep> {
  const [node] = step.uses.split('@');
  if (node !== 'sleep') {
    return problemAt(step, {
      code: 'INTERNAL',
      message: `this version carries out no control node ${step.uses}`,
      remedy: 'Update Waterflow, or use another node.',
    });
  }
  const duration = sleepDuration(turn, step);
  if ('error' in duration) return duration;
  const most = Math.min(attempt.settings.timeout_ms ?? Number.POSITIVE_INFINITY, restOf(turn));
  // The job's own timeout has a timer already; only a limit of the step ends the sleep here.
  const timeout = attempt.settings.timeout_ms === most && most < duration.ok;
  const timer = `sleep/${turn.active.attempt.number}/${step.key}/${attempt.number}`;
  const due = turn.at + (timeout ? most : duration.ok);
  turn.commands.push({ type: 'start_timer', timer, due });
  return { ok: { ...attempt, state: 'sleeping', timer, due, means: timeout ? 'timeout' : 'done' } };
}

/** `with.duration` in ms. */
function sleepDuration(turn: JobTurn, step: PlannedStep): Result<number> {
  const contexts = stepContexts(turn, step, pathsOf(step.with));
  if ('error' in contexts) return contexts;
  const inputs = valueOf(step.with, { contexts: contexts.ok });
  if ('error' in inputs) return inputs;
  const given = isJsonObject(inputs.ok) ? inputs.ok : {};
  const unknown = Object.keys(given).find((name) => name !== 'duration');
  if (unknown !== undefined) {
    return problemAt(step, {
      code: 'INVALID_INPUT',
      message: `sleep has no input ${unknown}`,
      remedy: 'It takes only `duration`.',
    });
  }
  const duration = given['duration'] ?? null;
  const ms = parseDurationOrSeconds(duration);
  if (ms !== undefined && ms <= longestSleepMs) return { ok: ms };
  return problemAt(step, {
    code: 'INVALID_INPUT',
    message: `${shown(duration)} is no duration that sleep can take`,
    remedy: 'Write for example 90 (seconds), 500ms, 1h30m or PT1H30M, at most a year.',
  });
}

function problemAt(step: PlannedStep, problem: Problem): { readonly error: ReturnType<typeof errorAt> } {
  return { error: errorAt(step.at, problem) };
}
