import { assertNever, type JobKey } from '../../schemas/index.ts';
import type { Addressed, Effect, JobEffect, RunEffect } from '../driving/machines.ts';
import type { HeldSteps } from './held-steps.ts';
import type { Memberships } from './memberships.ts';
import type { Timers } from './timers.ts';
import type { Work } from './work.ts';

/** What effects are carried out with. */
export interface EffectPowers {
  readonly work: Work;
  readonly timers: Timers;
  readonly memberships: Memberships;
  readonly held: HeldSteps;
  /** A timer of a job, or of the run where `job` is undefined. */
  readonly timerFired: (timer: string, job: JobKey | undefined) => void;
}

/** Carries out what a machine asked for, once it is durable that it asked. */
export function carryOut(effect: Exclude<Effect, { readonly kind: 'end_run' }>, powers: EffectPowers): void {
  return effect.kind === 'run' ? carryOutForRun(effect.command, powers) : carryOutForJob(effect, powers);
}

function carryOutForRun(command: RunEffect, powers: EffectPowers): void {
  const { work, timers } = powers;
  switch (command.type) {
    case 'acquire_group':
      return powers.memberships.acquire(command, { cancel_in_progress: command.cancel_in_progress });
    case 'release_group':
      return powers.memberships.release(command);
    case 'list_hosts':
      return work.listHosts(command.job, command.queue);
    case 'start_timer':
      return timers.start(nameOf(command.timer), command.due, () => powers.timerFired(command.timer, undefined));
    case 'cancel_timer':
      return timers.cancel(nameOf(command.timer));
    case 'await_signal':
    case 'stop_awaiting':
      // The conductor follows what is awaited; nothing is to be done until somebody sends it.
      return;
    default:
      return assertNever(command);
  }
}

function carryOutForJob(
  { job, command }: { readonly job: JobKey; readonly command: JobEffect },
  powers: EffectPowers,
): void {
  const { work, timers } = powers;
  switch (command.type) {
    case 'claim_agent':
      return work.claim(job, command);
    case 'release_agent':
      powers.held.release(job);
      return work.release(job, command);
    case 'run_step':
      return work.run(command.task);
    case 'cancel_step':
      if (powers.held.cancel(job, command, command.reason)) return;
      return work.cancel(job, command, command.reason);
    case 'evaluate_on_agent':
      return work.evaluate(command.task);
    case 'start_timer':
      return timers.start(nameOf(command.timer, job), command.due, () => powers.timerFired(command.timer, job));
    case 'cancel_timer':
      return timers.cancel(nameOf(command.timer, job));
    case 'await_signal':
    case 'stop_awaiting':
      // As above.
      return;
    default:
      return assertNever(command);
  }
}

/** The event of a timer of a job, or of the run where `job` is undefined. */
export function timerFired(timer: string, job: JobKey | undefined, at: number): Addressed {
  const event = { type: 'timer_fired', at, timer } as const;
  return job === undefined ? { machine: { kind: 'run' }, event } : { machine: { kind: 'job', job }, event };
}

/** Timers of the run and of its jobs share one table. */
function nameOf(timer: string, job?: JobKey): string {
  return JSON.stringify([job ?? null, timer]);
}
