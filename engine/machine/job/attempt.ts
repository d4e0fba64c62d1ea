import { noChunks } from '../chunks.ts';
import { cancelledError } from '../errors.ts';
import { jsonBytes } from '../limits.ts';
import type { JobResult } from '../run/protocol.ts';
import { stopClock } from './clock.ts';
import { noteFailure } from './ending.ts';
import { jobOutputs } from './outputs.ts';
import { mayRetry, retryDelay } from './retry.ts';
import type { Attempt, Failure, Layers } from './state.ts';
import { changeAttempt, type JobTurn, jobStatus } from './turn.ts';

/** An attempt of a job before its first step. */
export function newAttempt(number: number, layers: Layers, timeoutMs: number): Attempt {
  return {
    number,
    claim: { state: 'none' },
    clock: { state: 'resting', rest_ms: timeoutMs },
    layers,
    steps: noChunks,
    current: { state: 'deciding' },
    output_bytes: 0,
  };
}

/** All steps of an attempt are over: the agent is released, and the job ends, or starts over after a while. */
export function endAttempt(turn: JobTurn): void {
  // Outputs may read the workspace's path, so they come before the release.
  const { outputs, failure } = jobOutputs(turn);
  if (failure !== undefined) noteFailure(turn, failure);
  stopClock(turn);
  releaseAgent(turn);
  const { attempt } = turn.active;
  if (turn.active.cancel === undefined && attempt.failure !== undefined && retryJob(turn, attempt.failure)) return;
  const outputBytes = attempt.output_bytes + jsonBytes(outputs);
  endJob(turn, { outputs, output_bytes: outputBytes });
}

/** Ends the job with what its attempt has come to. */
export function endJob(turn: JobTurn, { outputs, output_bytes }: Pick<JobResult, 'outputs' | 'output_bytes'>): void {
  const { active } = turn;
  const { attempt } = active;
  const status = jobStatus(active);
  const error = active.cancel === undefined ? attempt.failure?.error : cancelledError(active.cancel.reason);
  const result: JobResult = {
    status,
    outputs,
    output_bytes,
    attempts: attempt.number,
    ...(error === undefined ? {} : { error }),
  };
  turn.ended = {
    version: 1,
    state: 'ended',
    job: turn.job.id,
    attempt_number: attempt.number,
    started_at: active.started_at,
    ended_at: turn.at,
    steps: attempt.steps,
    result,
  };
  turn.commands.push({ type: 'finish_job', result });
}

/** Gives the agent back, or withdraws the claim; whatever is outstanding on it goes with it. */
function releaseAgent(turn: JobTurn): void {
  const { claim, number } = turn.active.attempt;
  if (claim.state !== 'held' && claim.state !== 'requested') return;
  turn.commands.push({ type: 'release_agent', job_attempt: number, workspace: 'remove' });
  changeAttempt(turn, { claim: { state: 'none' } });
}

/** True where the job's `retry` covers the failure, so that it now waits to start over. */
function retryJob(turn: JobTurn, failure: Failure): boolean {
  const { retry } = turn.job;
  const { number, layers } = turn.active.attempt;
  if (!mayRetry(retry, failure, { made: number, most: layers.attempts })) return false;
  const timer = `retry/${number + 1}`;
  const due = turn.at + retryDelay(retry, number);
  turn.commands.push({ type: 'start_timer', timer, due });
  turn.active = { ...turn.active, stage: { timer, due } };
  return true;
}
