import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { type JobState, jobProgress, type RunState, runProgress } from '../../machine/index.ts';
import { searchAttributes } from '../search-attributes.ts';

/** True for a workflow that was begun with search attributes: then the namespace has them. */
export function hasSearchAttributes(): boolean {
  return workflowInfo().typedSearchAttributes.get(searchAttributes.status) !== undefined;
}

/** What Temporal's own lists say that a run or a job is at. It is told with whatever the workflow does then, and costs no task. */
export class ShownStatus {
  #shown: string | undefined = workflowInfo().typedSearchAttributes.get(searchAttributes.status);

  show(status: string): void {
    // Without search attributes there is nothing to show it in.
    if (this.#shown === undefined || this.#shown === status) return;
    this.#shown = status;
    upsertSearchAttributes([{ key: searchAttributes.status, value: status }]);
  }
}

/** As far as the run's own machine knows: what a job that goes on waits for shows with the job. A run that begins goes on. */
export function shownOfRun(state: RunState): string {
  return state.state === 'created' ? 'running' : runProgress(state);
}

/** A job that is between two attempts, or asks for an agent, goes on. */
export function shownOfJob(state: JobState): string {
  if (state.state === 'ended') return state.result.status;
  const { state: at } = jobProgress(state);
  return at === 'paused' || at === 'blocked' || at === 'waiting' ? at : 'running';
}
