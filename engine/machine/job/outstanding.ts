import { assertNever, type Claim } from '../../../schemas/index.ts';
import type { JobCommand } from './protocol.ts';
import type { Attempt, CurrentStep, JobState } from './state.ts';

/**
 * The commands that were issued and neither answered nor withdrawn, in an order in which they may be issued again: what a driver
 * that comes back after a crash must take care of. A claim that is held is no command; {@link heldClaim} tells it. A job that
 * ended has its finish_job left.
 */
export function outstandingJobCommands(state: JobState): readonly JobCommand[] {
  switch (state.state) {
    case 'created':
      return [];
    case 'running':
      if (state.stage !== 'working') return [{ type: 'start_timer', timer: state.stage.timer, due: state.stage.due }];
      return [...attemptCommands(state.attempt, state.start.queue), ...stepCommands(state.attempt.current)];
    case 'ended':
      return [{ type: 'finish_job', result: state.result }];
    default:
      return assertNever(state);
  }
}

/** The claim that a job holds, with the attempt that it belongs to. */
export function heldClaim(state: JobState): { readonly claim: Claim; readonly job_attempt: number } | undefined {
  if (state.state !== 'running' || state.attempt.claim.state !== 'held') return undefined;
  return { claim: state.attempt.claim.claim, job_attempt: state.attempt.number };
}

function attemptCommands({ claim, clock, number }: Attempt, queue: string): readonly JobCommand[] {
  const commands: JobCommand[] = [];
  if (claim.state === 'requested') commands.push({ type: 'claim_agent', queue, job_attempt: number });
  if (clock.state === 'running' || clock.state === 'grace') {
    commands.push({ type: 'start_timer', timer: clock.timer, due: clock.due });
  }
  return commands;
}

function stepCommands(current: CurrentStep): readonly JobCommand[] {
  switch (current.state) {
    case 'deciding':
      return [];
    case 'evaluating':
      return [{ type: 'evaluate_on_agent', task: current.task }];
    case 'running': {
      const run: JobCommand = { type: 'run_step', task: current.task };
      if (current.cancelled === undefined) return [run];
      const { step, attempt, job_attempt } = current.task;
      return [run, { type: 'cancel_step', step, attempt, job_attempt, reason: current.cancelled }];
    }
    case 'sleeping':
    case 'backing_off':
      return [{ type: 'start_timer', timer: current.timer, due: current.due }];
    default:
      return assertNever(current);
  }
}
