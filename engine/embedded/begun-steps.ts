import type { JobKey } from '../../schemas/index.ts';
import type { Change } from '../driving/machines.ts';
import type { StepName } from '../driving/step-name.ts';

/**
 * Attempts of steps that began and haven't ended, as a journal tells: if one is asked for again, it was running when its process was
 * killed. It holds no more than what is in flight at once.
 */
export class BegunSteps {
  readonly #jobs = new Map<JobKey, Map<string, StepName>>();

  follow(change: Change): void {
    if (change.kind === 'run') return;
    const { job, event } = change;
    switch (event.type) {
      case 'step_started':
        this.#stepsOf(job).set(nameOf(event), event);
        return;
      case 'step_finished':
        this.#stepsOf(job).delete(nameOf(event));
        return;
      case 'job_started':
      case 'agent_claimed':
        // What an earlier attempt of the job left behind is answered.
        this.#jobs.delete(job);
        return;
      default:
        return;
    }
  }

  has(job: JobKey, step: StepName): boolean {
    return this.#jobs.get(job)?.has(nameOf(step)) ?? false;
  }

  #stepsOf(job: JobKey): Map<string, StepName> {
    const known = this.#jobs.get(job) ?? new Map<string, StepName>();
    this.#jobs.set(job, known);
    return known;
  }
}

function nameOf({ step, attempt, job_attempt }: StepName): string {
  return `${job_attempt} ${attempt} ${step}`;
}
