import type { JobKey, StepTask } from '../../schemas/index.ts';
import type { Change, Effect } from '../driving/machines.ts';
import type { StepName } from '../driving/step-name.ts';
import { secretsReadBy } from './run-secrets.ts';

/**
 * Which secrets the steps of each job have read so far. What a step was given it may have left in the workspace, where a later one of the
 * same job finds it; and what comes of it is only kept out of the log where the values are known.
 */
export class ReadSecrets {
  readonly #jobs = new Map<JobKey, { workspace: string; readonly names: Set<string> }>();
  /** By job and step: attempts that were asked for and haven't begun. */
  readonly #asked = new Map<string, readonly string[]>();

  /** Takes in what a journal tells. `ofRun`: the names of the run's secrets at that time. */
  follow(change: Change, effects: readonly Effect[], ofRun: readonly string[]): void {
    for (const effect of effects) {
      if (effect.kind !== 'job' || effect.command.type !== 'run_step') continue;
      const names = secretsReadBy(effect.command.task, ofRun);
      if (names.length > 0) this.#asked.set(keyOf(effect.job, effect.command.task), names);
    }
    if (change.kind === 'run') return;
    const { job, event } = change;
    switch (event.type) {
      case 'agent_claimed':
        // Another workspace has nothing of what was left in the one before.
        if (this.#jobs.get(job)?.workspace !== event.claim.workspace) {
          this.#jobs.set(job, { workspace: event.claim.workspace, names: new Set() });
        }
        return;
      case 'step_started':
        this.began(job, this.#asked.get(keyOf(job, event)) ?? []);
        this.#asked.delete(keyOf(job, event));
        return;
      default:
    }
  }

  /** A step that reads these begins. */
  began(job: JobKey, names: readonly string[]): void {
    for (const name of names) this.#jobs.get(job)?.names.add(name);
  }

  /** By their names in the run. */
  of(job: JobKey): readonly string[] {
    return [...(this.#jobs.get(job)?.names ?? [])];
  }
}

function keyOf(job: JobKey, { step, attempt, job_attempt }: StepName | StepTask): string {
  return JSON.stringify([job, step, attempt, job_attempt]);
}
