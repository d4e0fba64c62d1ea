import { assertNever, type JobKey } from '../../schemas/index.ts';
import type { Effect } from './machines.ts';
import type { Timers } from './timers.ts';
import type { Work } from './work.ts';

/** What effects of a job are carried out with. */
export interface EffectPowers {
  readonly work: Work;
  readonly timers: Timers;
  readonly timerFired: (timer: string) => void;
}

/** Carries out what a job machine asked for, once it is durable that it asked. */
export function carryOut({ job, command }: Extract<Effect, { readonly kind: 'job' }>, powers: EffectPowers): void {
  const { work, timers } = powers;
  switch (command.type) {
    case 'claim_agent':
      return work.claim(job, command.job_attempt);
    case 'release_agent':
      return work.release(job);
    case 'run_step':
      return work.run(command.task);
    case 'cancel_step':
      return work.cancel(job, command, command.reason);
    case 'evaluate_on_agent':
      return work.evaluate(command.task);
    case 'start_timer':
      return timers.start(nameOf(job, command.timer), command.due, () => powers.timerFired(command.timer));
    case 'cancel_timer':
      return timers.cancel(nameOf(job, command.timer));
    default:
      return assertNever(command);
  }
}

/** Timers of jobs share one table. */
function nameOf(job: JobKey, timer: string): string {
  return JSON.stringify([job, timer]);
}
