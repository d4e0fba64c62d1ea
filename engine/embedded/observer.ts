import type { HostCallEvent } from '../../agent/executor/api.ts';
import { assertNever, type JobKey, type Plan, type StepTask } from '../../schemas/index.ts';
import type { LogSegment, RunStore } from '../../storage/index.ts';
import { type JobView, jobChanges, jobProgress, type StepView, stepChanges } from '../machine/index.ts';
import type { RunNotice } from '../port.ts';
import type { Change } from './machines.ts';
import { summarizeStep } from './summary.ts';

type JobChange = Extract<Change, { readonly kind: 'job' }>;

/** Tells what a run does, as notices. It costs what a change changed, however long the run is. */
export class Observer {
  readonly #plan: Plan;
  readonly #store: RunStore;
  /** What was told last of a job's step at hand, so that it is told once. */
  readonly #told = new Map<JobKey, string>();

  constructor(plan: Plan, store: RunStore) {
    this.#plan = plan;
    this.#store = store;
  }

  runStarted({ at, resumed }: { readonly at: number; readonly resumed: boolean }): RunNotice {
    const { name: workflow, file } = this.#plan;
    return { type: 'run_started', run: this.#store.run, at: timeText(at), workflow, file, resumed };
  }

  logged(segment: LogSegment): RunNotice {
    const { job, step, attempt, sequence, stream, text } = segment;
    return { type: 'log', ...this.#head(segment.at), job, step, attempt, sequence, stream, text };
  }

  hostCalled(task: StepTask, call: { readonly at: number; readonly event: HostCallEvent }): RunNotice {
    const { job, step, attempt } = task;
    return { type: 'host_call', ...this.#head(call.at), job, step, attempt, ...call.event };
  }

  /** What a change has to tell. */
  follow(change: Change): readonly RunNotice[] {
    switch (change.kind) {
      case 'run': {
        const { at, type } = change.event;
        const ended = jobChanges(this.#plan, change.before, change.after).flatMap((view) =>
          this.#jobFinished(at, view),
        );
        return type === 'run_started' ? [this.runStarted({ at, resumed: false }), ...ended] : ended;
      }
      case 'job':
        return [...this.#jobStarted(change), ...this.#steps(change)];
      default:
        return assertNever(change);
    }
  }

  #jobStarted(change: JobChange): readonly RunNotice[] {
    const { job, event, before, after } = change;
    const { attempt } = jobProgress(after);
    if (attempt === jobProgress(before).attempt) return [];
    return [{ type: 'job_started', ...this.#head(event.at), job, name: nameOf(change), attempt }];
  }

  #jobFinished(at: number, view: JobView): readonly RunNotice[] {
    switch (view.status) {
      case 'waiting':
      case 'queued':
      case 'running':
        return [];
      case 'success':
      case 'failure':
      case 'cancelled':
      case 'skipped': {
        const { key: job, status, skip_reason, error } = view;
        this.#told.delete(job);
        const why = {
          ...(skip_reason === undefined ? {} : { skip_reason }),
          ...(error === undefined ? {} : { error }),
        };
        return [{ type: 'job_finished', ...this.#head(at), job, status, ...why }];
      }
      default:
        return assertNever(view.status);
    }
  }

  #steps({ job, event, before, after }: JobChange): readonly RunNotice[] {
    return stepChanges(this.#plan, before, after).flatMap((view) => {
      const told = `${view.status} ${view.attempts} ${view.job_attempt} ${view.key}`;
      if (this.#told.get(job) === told) return [];
      this.#told.set(job, told);
      return this.#step({ at: event.at, job, view });
    });
  }

  #step({
    at,
    job,
    view,
  }: {
    readonly at: number;
    readonly job: JobKey;
    readonly view: StepView;
  }): readonly RunNotice[] {
    const step = { ...this.#head(at), job, step: view.key };
    switch (view.status) {
      case 'pending':
        return [];
      case 'running':
        return [{ type: 'step_started', ...step, name: view.name, uses: view.uses, attempt: view.attempts }];
      case 'retrying': {
        const { attempts: attempt, retry_delay_ms: delay_ms = 0, error } = view;
        return error === undefined ? [] : [{ type: 'step_retrying', ...step, attempt, delay_ms, error }];
      }
      case 'success':
      case 'failure':
      case 'cancelled':
      case 'skipped':
        return [{ type: 'step_finished', ...step, ...summarizeStep(job, view, this.#store) }];
      default:
        return assertNever(view.status);
    }
  }

  #head(at: number): { readonly run: RunStore['run']; readonly at: string } {
    return { run: this.#store.run, at: timeText(at) };
  }
}

/** RFC 3339, in UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}

function nameOf({ job, event, before, after }: JobChange): string {
  if (event.type === 'job_started') return event.start.name;
  if (after.state === 'running') return after.start.name;
  return before.state === 'running' ? before.start.name : job;
}
