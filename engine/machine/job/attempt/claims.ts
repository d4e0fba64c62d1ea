import type { Claim } from '../../../../schemas/index.ts';
import type { JobCommand } from '../protocol.ts';
import type { ActiveJob, JobState, KeptClaim } from '../state.ts';
import { changeAttempt, type JobTurn, without } from '../turn.ts';

/** The claim that a job holds, with the attempt that it belongs to. */
export function heldClaim(state: JobState): { readonly claim: Claim; readonly job_attempt: number } | undefined {
  if (state.state !== 'running' || state.attempt.claim.state !== 'held') return undefined;
  return { claim: state.attempt.claim.claim, job_attempt: state.attempt.number };
}

/** An earlier claim of a job whose workspace is kept, for a rerun: of one that has ended, or until the rerun's own claim is there. */
export function keptClaim(state: JobState): KeptClaim | undefined {
  switch (state.state) {
    case 'created':
      return undefined;
    case 'running':
      return state.attempt.keep;
    default:
      return state.kept;
  }
}

/** The command that asks for the agent of a job's attempt. */
export function claimCommand({ start, attempt }: ActiveJob): JobCommand {
  return {
    type: 'claim_agent',
    queue: start.queue,
    ...(start.host === undefined ? {} : { host: start.host }),
    job_attempt: attempt.number,
    ...(attempt.keep === undefined ? {} : { keep: attempt.keep.claim }),
  };
}

/**
 * Gives the agent back, or withdraws the claim; whatever is outstanding on it goes with it. `last`: no other attempt follows, so that
 * `keep-workspace` holds; then it returns what is kept.
 */
export function releaseAgent(turn: JobTurn, { last }: { readonly last: boolean }): KeptClaim | undefined {
  const { claim, number, keep } = turn.active.attempt;
  if (claim.state === 'requested') turn.commands.push({ type: 'cancel_timer', timer: claim.deadline.timer });
  if (claim.state === 'held' || claim.state === 'requested') {
    const keeps = last && (claim.state === 'requested' ? keep !== undefined : turn.job.keep_workspace === true);
    turn.commands.push({ type: 'release_agent', job_attempt: number, workspace: keeps ? 'keep' : 'remove' });
    changeAttempt(turn, { claim: { state: 'none' } });
    if (claim.state === 'held') return keeps ? { claim: claim.claim, job_attempt: number } : undefined;
  }
  if (keep === undefined || last) return keep;
  turn.commands.push({ type: 'release_agent', job_attempt: keep.job_attempt, workspace: 'remove' });
  forgetKept(turn);
  return undefined;
}

/** The workspace that an earlier claim kept is another claim's now, or gone. */
export function forgetKept(turn: JobTurn): void {
  if (turn.active.attempt.keep === undefined) return;
  turn.active = { ...turn.active, attempt: without(turn.active.attempt, 'keep') };
}
