import { assertNever, type StepTask } from '../../../schemas/index.ts';
import type { AwaitedSecrets, AwaitedSignal } from '../run/protocol.ts';
import { claimCommand } from './attempt/claims.ts';
import type { JobCommand } from './protocol.ts';
import type { HoldingStep, Sequence, Timer } from './sequence/sequence.ts';
import type { ActiveJob, JobState } from './state.ts';

/**
 * The commands that were issued and neither answered nor withdrawn, in an order in which they may be issued again: what a driver
 * that comes back after a crash must take care of. A claim that is held or kept is no command; `heldClaim` and `keptClaim` tell it. A job
 * that ended has its finish_job left.
 */
export function outstandingJobCommands(state: JobState): readonly JobCommand[] {
  switch (state.state) {
    case 'created':
      return [];
    case 'running':
      if (state.stage !== 'working') return [timerCommand(state.stage)];
      return [...attemptCommands(state), ...sequenceCommands(state.attempt.sequence)];
    case 'ended':
      return [{ type: 'finish_job', result: state.result }];
    default:
      return assertNever(state);
  }
}

/** The signals that a job waits for. */
export function awaitedSignals(state: JobState): readonly AwaitedSignal[] {
  if (state.state !== 'running' || state.stage !== 'working') return [];
  return sequenceCommands(state.attempt.sequence).flatMap((command) =>
    command.type === 'await_signal' ? [command.awaited] : [],
  );
}

/** The secrets whose values steps of a job wait for. */
export function awaitedSecrets(state: JobState): readonly AwaitedSecrets[] {
  if (state.state !== 'running' || state.stage !== 'working') return [];
  const { key: job } = state.start;
  return lackingIn(state.attempt.sequence).flatMap(({ task: { step }, lacks }) =>
    lacks.length === 0 ? [] : [{ kind: 'secrets', name: `secrets:${job}/${step}`, job, step, secrets: lacks }],
  );
}

/** True while an attempt of a step waits for secrets, or for the end of a pause once they are there. */
export function isLacking(state: JobState, { step, attempt, job_attempt }: StepName): boolean {
  if (state.state !== 'running' || state.stage !== 'working') return false;
  return lackingIn(state.attempt.sequence).some(
    ({ task }) => task.step === step && task.attempt === attempt && task.job_attempt === job_attempt,
  );
}

type StepName = Pick<StepTask, 'step' | 'attempt' | 'job_attempt'>;

function lackingIn({ current }: Sequence): readonly { readonly task: StepTask; readonly lacks: readonly string[] }[] {
  if (current.state === 'running')
    return current.lacks === undefined ? [] : [{ task: current.task, lacks: current.lacks }];
  if (current.state !== 'inside') return [];
  const { body } = current;
  return body.kind === 'if' ? lackingIn(body.sequence) : body.flights.flatMap(({ sequence }) => lackingIn(sequence));
}

function attemptCommands(active: ActiveJob): readonly JobCommand[] {
  const { claim, clock } = active.attempt;
  const commands: JobCommand[] = [];
  if (claim.state === 'requested') commands.push(claimCommand(active), timerCommand(claim.deadline));
  if (clock.state === 'running') commands.push(timerCommand(clock));
  return commands;
}

function sequenceCommands({ current }: Sequence): readonly JobCommand[] {
  switch (current.state) {
    case 'deciding':
    case 'ready':
      return [];
    case 'evaluating':
    case 'asking':
      return [{ type: 'evaluate_on_agent', task: current.task }];
    case 'running': {
      const run: JobCommand = { type: 'run_step', task: current.task };
      if (current.cut === undefined) return [run];
      const { step, attempt, job_attempt } = current.task;
      return [run, { type: 'cancel_step', step, attempt, job_attempt, reason: current.cut }];
    }
    case 'sleeping':
    case 'backing_off':
      return [timerCommand(current)];
    case 'awaiting':
      return [{ type: 'await_signal', awaited: current.awaited }, ...timerCommands(current.deadline)];
    case 'inside':
      return bodyCommands(current);
    default:
      return assertNever(current);
  }
}

function bodyCommands({ body, deadline }: HoldingStep): readonly JobCommand[] {
  const own = timerCommands(deadline);
  if (body.kind === 'if') return [...own, ...sequenceCommands(body.sequence)];
  const inner = body.flights.flatMap(({ sequence }) => sequenceCommands(sequence));
  return [...own, ...timerCommands(body.breath), ...inner];
}

function timerCommands(timer: Timer | undefined): readonly JobCommand[] {
  return timer === undefined ? [] : [timerCommand(timer)];
}

function timerCommand({ timer, due }: Timer): JobCommand {
  return { type: 'start_timer', timer, due };
}
