import type { StepTask } from '../../schemas/index.ts';

/** Names an attempt of a step within its job. */
export type StepName = Pick<StepTask, 'step' | 'attempt' | 'job_attempt'>;

/** The name of the attempt that a task is. */
export function stepOf(task: StepTask): StepName {
  return { step: task.step, attempt: task.attempt, job_attempt: task.job_attempt };
}
