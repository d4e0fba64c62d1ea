import { assertNever, type JobKey, type StepKey } from '../../schemas/index.ts';
import type { Change, Machines } from '../driving/machines.ts';
import { type JobState, type JobView, jobChanges, jobProgress, type StepView, stepChanges } from '../machine/index.ts';
import type { Moment } from './api.ts';

type JobChange = Extract<Change, { readonly kind: 'job' }>;

/** Puts what the machines do into moments, by the machines' own views. */
export class Watcher {
  readonly moments: Moment[] = [];
  readonly #machines: Machines;
  /** What was told last of each step that is under way, by job, so that it is told once. */
  readonly #told = new Map<JobKey, Map<StepKey, string>>();

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  tell(moment: Moment): void {
    this.moments.push(moment);
  }

  /** Tells what a change changed. */
  follow(change: Change): void {
    const at_ms = change.event.at;
    if (change.kind === 'job') return this.#job(change);
    const { event, before, after } = change;
    if (event.type === 'run_started') this.tell({ at_ms, type: 'run_started', name: this.#machines.name });
    if (event.type === 'cancel_requested') this.tell({ at_ms, type: 'cancel_requested', reason: event.reason });
    for (const view of innerFirst(jobChanges(this.#machines.plan, change))) this.#jobFinished(at_ms, view);
    if (after.state === 'ended' && before.state !== 'ended') {
      const { status, error } = after;
      this.tell({ at_ms, type: 'run_finished', status, ...(error === undefined ? {} : { error }) });
    }
  }

  #job(change: JobChange): void {
    const { job, event, before, after } = change;
    const at_ms = event.at;
    const [old, now] = [jobProgress(before), jobProgress(after)];
    if (now.job_attempt !== old.job_attempt && after.state !== 'created') this.#jobStarted(change);
    for (const view of stepChanges(this.#machines.plan, before, after)) this.#step(at_ms, job, view);
    if (now.state === 'retrying' && old.state !== 'retrying') {
      const delay_ms = (now.retry_at ?? at_ms) - at_ms;
      this.tell({
        at_ms,
        type: 'job_retrying',
        job,
        delay_ms,
        ...(now.error === undefined ? {} : { error: now.error }),
      });
    }
  }

  #jobStarted({ job, event, before, after }: JobChange): void {
    const start = startIn(event, after) ?? startIn(event, before);
    if (start === undefined) return;
    const { name, queue, host } = start;
    const { attempt } = jobProgress(after);
    const on = host === undefined ? { queue } : { queue, host };
    this.tell({ at_ms: event.at, type: 'job_started', job, name, attempt, ...on });
  }

  #jobFinished(at_ms: number, view: JobView): void {
    switch (view.status) {
      case 'waiting':
      case 'queued':
      case 'running':
        return;
      case 'success':
      case 'failure':
      case 'cancelled':
      case 'skipped':
        this.#told.delete(view.key);
        return this.tell({ at_ms, type: 'job_finished', job: view.key, status: view.status, ...reasonsOf(view) });
      default:
        assertNever(view.status);
    }
  }

  #step(at_ms: number, job: JobKey, view: StepView): void {
    const told = this.#told.get(job) ?? new Map<StepKey, string>();
    this.#told.set(job, told);
    const now = `${view.status} ${view.attempts} ${view.job_attempt}`;
    if (told.get(view.key) === now) return;
    if (view.outcome === undefined) told.set(view.key, now);
    // A step that is over has nothing more to tell. A loop may have any number of them.
    else told.delete(view.key);
    const { key: step, name, uses, attempts } = view;
    switch (view.status) {
      case 'pending':
        return;
      case 'running':
      case 'waiting': {
        const iterations = view.iterations === undefined ? {} : { iterations: view.iterations.total };
        return this.tell({ at_ms, type: 'step_started', job, step, name, uses, attempt: attempts, ...iterations });
      }
      case 'retrying': {
        const { retry_delay_ms: delay_ms = 0, error } = view;
        if (error !== undefined)
          this.tell({ at_ms, type: 'step_retrying', job, step, attempt: attempts, delay_ms, error });
        return;
      }
      case 'success':
      case 'failure':
      case 'cancelled':
      case 'skipped': {
        const { outcome = 'skipped', conclusion = 'skipped', outputs } = view;
        const end = { outcome, conclusion, attempts, outputs, ...reasonsOf(view) };
        return this.tell({ at_ms, type: 'step_finished', job, step, ...end });
      }
      default:
        assertNever(view.status);
    }
  }
}

/** A call ends after the jobs that it runs, also where one event ends both; the views have it before them. */
function innerFirst(views: readonly JobView[]): readonly JobView[] {
  const ordered: JobView[] = [];
  const calls: JobView[] = [];
  for (const view of views) {
    for (let call = calls.at(-1); call !== undefined && !view.key.startsWith(`${call.key} / `); call = calls.at(-1)) {
      ordered.push(call);
      calls.pop();
    }
    (view.calls === undefined ? ordered : calls).push(view);
  }
  return [...ordered, ...calls.reverse()];
}

/** Why something ended as it did. */
export function reasonsOf({
  skip_reason,
  error,
}: Pick<JobView, 'skip_reason' | 'error'>): Pick<JobView, 'skip_reason' | 'error'> {
  return {
    ...(skip_reason === undefined ? {} : { skip_reason }),
    ...(error === undefined ? {} : { error }),
  };
}

function startIn(event: JobChange['event'], state: JobState) {
  if (event.type === 'job_started') return event.start;
  return state.state === 'running' ? state.start : undefined;
}
