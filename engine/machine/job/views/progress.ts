import { assertNever, type WaterflowError } from '../../../../schemas/index.ts';
import { attemptOfStart } from '../sequence/contexts.ts';
import type { Sequence } from '../sequence/sequence.ts';
import type { ActiveJob, JobState } from '../state.ts';

/** How far a job is, beside what its run knows. */
export interface JobProgress {
  /** The attempt that runs, or ran last, since the job was started: 1, 2, 3...; 0 before the start. */
  readonly attempt: number;
  /** The same over all starts of the job: what tasks, claims and logs call `job_attempt`. */
  readonly job_attempt: number;
  /** `waiting`: for signals or secrets, and nothing else goes on; `blocked`: for an agent that its queue hasn't. What runs in a paused job goes on. */
  readonly state: 'created' | 'waiting_for_agent' | 'blocked' | 'working' | 'waiting' | 'paused' | 'retrying' | 'ended';
  /** While it is blocked: what is missing. */
  readonly reason?: string;
  /** While it waits for an agent, blocked or not: when it gives up. */
  readonly claim_until?: number;
  /** Its agent hasn't been heard of for a while. */
  readonly suspect?: true;
  /** While it waits to start over, paused or not: when the next attempt is due, and why the last one failed. */
  readonly retry_at?: number;
  readonly error?: WaterflowError;
}

/** How far a job is. */
export function jobProgress(state: JobState): JobProgress {
  switch (state.state) {
    case 'created':
      return { attempt: 0, job_attempt: 0, state: state.pause === undefined ? 'created' : 'paused' };
    case 'running':
      return { attempt: attemptOfStart({ active: state }), job_attempt: state.attempt.number, ...stateOf(state) };
    case 'ended': {
      const { attempts: attempt, error } = state.result;
      const why = error === undefined ? {} : { error };
      return { attempt, job_attempt: state.attempt_number, state: 'ended', ...why };
    }
    default:
      return assertNever(state);
  }
}

function stateOf({ stage, attempt, pause }: ActiveJob): Omit<JobProgress, 'attempt' | 'job_attempt'> {
  if (stage !== 'working') {
    const { failure } = attempt.sequence;
    const why = failure === undefined ? {} : { error: failure.error };
    return { state: pause === undefined ? 'retrying' : 'paused', retry_at: stage.due, ...why };
  }
  const { claim, sequence } = attempt;
  const suspect = claim.state === 'held' && claim.suspect === true ? ({ suspect: true } as const) : {};
  if (pause !== undefined) return { state: 'paused', ...suspect };
  if (claim.state === 'requested') {
    const claim_until = claim.deadline.due;
    if (claim.blocked === undefined) return { state: 'waiting_for_agent', claim_until };
    return { state: 'blocked', reason: claim.blocked, claim_until };
  }
  return { state: waitsForSomebody(sequence) ? 'waiting' : 'working', ...suspect };
}

/** True where everything that is under way in a sequence waits for a signal, or for secrets. */
function waitsForSomebody({ current }: Sequence): boolean {
  if (current.state === 'awaiting' || (current.state === 'running' && current.lacks !== undefined)) return true;
  if (current.state !== 'inside') return false;
  const { body } = current;
  if (body.kind === 'if') return waitsForSomebody(body.sequence);
  return body.flights.length > 0 && body.flights.every(({ sequence }) => waitsForSomebody(sequence));
}
