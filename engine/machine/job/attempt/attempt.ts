import { cancelledError } from '../../errors.ts';
import { outputBytes } from '../../limits.ts';
import type { JobResult } from '../../run/protocol.ts';
import { attemptOfStart } from '../sequence/contexts.ts';
import { rootOf } from '../sequence/cursor.ts';
import { newSequence } from '../sequence/sequence.ts';
import { jobStatus } from '../sequence/status.ts';
import { type Attempt, type KeptClaim, type Layers, noNews } from '../state.ts';
import { noteFailure } from '../step/ending.ts';
import { mayRetry, retryDelay } from '../step/retry.ts';
import type { JobTurn } from '../turn.ts';
import { keptClaim, releaseAgent } from './claims.ts';
import { stopClock } from './clock.ts';
import { jobOutputs } from './outputs.ts';

/** An attempt of a job before its first step. */
export function newAttempt(number: number, layers: Layers, timeoutMs: number): Attempt {
  return {
    number,
    claim: { state: 'none' },
    clock: { state: 'resting', of: 'timeout', starts: 0, rest_ms: timeoutMs },
    layers,
    sequence: newSequence,
    output_bytes: 0,
    feedback: '',
  };
}

/** All steps of an attempt are over: the agent is released, and the job ends, or starts over after a while. */
export function endAttempt(turn: JobTurn): void {
  // Outputs may read the workspace's path, so they come before the release.
  const { outputs, failure } = jobOutputs(turn);
  if (failure !== undefined) noteFailure(rootOf(turn), failure);
  stopClock(turn);
  const delay = delayOfRetry(turn);
  const kept = releaseAgent(turn, { last: delay === undefined });
  if (delay !== undefined) return startOver(turn, delay);
  const output_bytes = turn.active.attempt.output_bytes + outputBytes(outputs);
  endJob(turn, { outputs, output_bytes, ...(kept === undefined ? {} : { kept }) });
}

/** Ends the job with what its attempt has come to. What is `kept` is by default what already was. */
export function endJob(
  turn: JobTurn,
  given: Pick<JobResult, 'outputs' | 'output_bytes'> & { readonly kept?: KeptClaim },
): void {
  const { active } = turn;
  const { attempt, start } = active;
  const { outputs, output_bytes, kept = keptClaim(active) } = given;
  const error = active.cancel === undefined ? attempt.sequence.failure?.error : cancelledError(active.cancel.reason);
  const result: JobResult = {
    status: jobStatus(active),
    outputs,
    output_bytes,
    attempts: attemptOfStart(turn),
    ...(error === undefined ? {} : { error }),
    ...(kept === undefined ? {} : { workspace_kept: true }),
  };
  turn.ended = {
    version: 1,
    state: 'ended',
    job: start.id,
    ...(start.workflow === undefined ? {} : { workflow: start.workflow }),
    run_attempt: start.facts.run_attempt,
    attempt_number: attempt.number,
    started_at: active.started_at,
    ended_at: turn.at,
    steps: attempt.sequence.steps,
    result,
    ...(kept === undefined ? {} : { kept }),
    news: noNews,
  };
  turn.commands.push({ type: 'finish_job', result });
}

/** How long the job waits to start over, in ms; undefined where its `retry` doesn't cover what failed. */
function delayOfRetry(turn: JobTurn): number | undefined {
  const { active, job } = turn;
  const { failure } = active.attempt.sequence;
  const attempts = { made: attemptOfStart(turn), most: active.attempt.layers.attempts };
  if (active.cancel !== undefined || failure === undefined || !mayRetry(job.retry, failure, attempts)) return undefined;
  return retryDelay(job.retry, attempts.made);
}

function startOver(turn: JobTurn, delay: number): void {
  const timer = `retry/${turn.active.attempt.number + 1}`;
  const due = turn.at + delay;
  turn.commands.push({ type: 'start_timer', timer, due });
  turn.active = { ...turn.active, stage: { timer, due } };
}
