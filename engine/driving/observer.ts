import type { HostCallEvent } from '../../agent/executor/api.ts';
import { assertNever, type JobKey, type StepKey, type StepTask } from '../../schemas/index.ts';
import type { LogSegment, RunStore } from '../../storage/index.ts';
import {
  type AwaitedSecrets,
  type JobView,
  jobChanges,
  jobProgress,
  readMember,
  type Signal,
  type StepView,
  stepChanges,
  stepViews,
} from '../machine/index.ts';
import type { RunNotice } from '../port.ts';
import type { Place } from './group-place.ts';
import type { Change, Effect, Machines } from './machines.ts';
import { summarizeStep } from './summary.ts';

type JobChange = Extract<Change, { readonly kind: 'job' }>;
type RunChange = Extract<Change, { readonly kind: 'run' }>;

/** Tells what a run does, as notices. It costs what a change changed, however long the run is. */
export class Observer {
  readonly #machines: Machines;
  readonly #store: Pick<RunStore, 'run' | 'tail'>;
  /** What was told last of each step that is under way, by job, so that it is told once. */
  readonly #told = new Map<JobKey, Map<StepKey, string>>();
  /** The signal that was told last: several machines may take the same one. */
  #signal: Signal | undefined;

  constructor(machines: Machines, store: Pick<RunStore, 'run' | 'tail'>) {
    this.#machines = machines;
    this.#store = store;
  }

  runStarted({ at, resumed }: { readonly at: number; readonly resumed: boolean }): RunNotice {
    const { plan, name, attempt } = this.#machines;
    return { type: 'run_started', ...this.#head(at), workflow: plan.name, file: plan.file, name, attempt, resumed };
  }

  groupWaiting({ group, member }: Place, at: number): RunNotice {
    return { type: 'group_waiting', ...this.#head(at), ...jobOf(member), group };
  }

  groupAcquired({ group, member }: Place, at: number): RunNotice {
    return { type: 'group_acquired', ...this.#head(at), ...jobOf(member), group };
  }

  logged(segment: LogSegment): RunNotice {
    const { job, step, attempt, sequence, stream, text } = segment;
    return { type: 'log', ...this.#head(segment.at), job, step, attempt, sequence, stream, text };
  }

  hostCalled(task: StepTask, call: { readonly at: number; readonly event: HostCallEvent }): RunNotice {
    const { job, step, attempt } = task;
    return { type: 'host_call', ...this.#head(call.at), job, step, attempt, ...call.event };
  }

  leftBehind(job: JobKey, { at, reason }: { readonly at: number; readonly reason: string }): RunNotice {
    return { type: 'workspace_left', ...this.#head(at), job, reason };
  }

  /** What a change has to tell. */
  follow(change: Change): readonly RunNotice[] {
    const signal = this.#signalReceived(change);
    switch (change.kind) {
      case 'run': {
        const ended = causesFirst(jobChanges(this.#machines.plan, change), change.event).flatMap((view) =>
          this.#jobFinished(change.event.at, view),
        );
        return [...signal, ...this.#run(change), ...ended];
      }
      case 'job':
        return [...signal, ...this.#jobBlocked(change), ...this.#jobStarted(change), ...this.#steps(change)];
      default:
        return assertNever(change);
    }
  }

  /**
   * What a run that is resumed goes on with: steps that sleep, wait or have others inside are told again. Those that `outstanding` has
   * run again have begun anew, or are lost, and are told then.
   */
  resumed(outstanding: readonly Effect[], at: number): readonly RunNotice[] {
    const again = new Map<JobKey, Set<StepKey>>();
    for (const effect of outstanding) {
      if (effect.kind !== 'job' || effect.command.type !== 'run_step') continue;
      again.set(effect.job, (again.get(effect.job) ?? new Set()).add(effect.command.task.step));
    }
    const goOn = [...this.#machines.jobs()].flatMap(([job, state]) =>
      stepViews(this.#machines.plan, state)
        .filter(
          ({ key, status, lacks }) =>
            (status === 'running' || status === 'waiting') &&
            (lacks !== undefined || again.get(job)?.has(key) !== true),
        )
        .flatMap((view) => this.#stepOnce(job, view, at)),
    );
    return [this.runStarted({ at, resumed: true }), ...this.#pausedStill(at), ...goOn];
  }

  #pausedStill(at: number): readonly RunNotice[] {
    const { run } = this.#machines;
    return run.state === 'running' && run.pause !== undefined
      ? [{ type: 'run_paused', ...this.#head(at), by: run.pause.by }]
      : [];
  }

  /** What an effect that was asked for has to tell. */
  asked(effect: Effect, at: number): readonly RunNotice[] {
    if (effect.kind === 'end_run' || effect.command.type !== 'await_signal') return [];
    return [{ type: 'awaiting', ...this.#head(at), signal: effect.command.awaited }];
  }

  #run({ event }: RunChange): readonly RunNotice[] {
    const head = this.#head(event.at);
    switch (event.type) {
      case 'run_started':
      case 'rerun_requested':
        return [this.runStarted({ at: event.at, resumed: false })];
      case 'pause_requested':
        return [{ type: 'run_paused', ...head, by: event.by }];
      case 'resume_requested':
        return [{ type: 'run_resumed', ...head, by: event.by }];
      case 'group_acquired':
        return [this.groupAcquired(event, event.at)];
      default:
        return [];
    }
  }

  #signalReceived({ event }: Change): readonly RunNotice[] {
    if (event.type !== 'signal_received' || event.signal === this.#signal) return [];
    this.#signal = event.signal;
    return [{ type: 'signal_received', ...this.#head(event.at), signal: event.signal }];
  }

  #jobBlocked({ job, event }: JobChange): readonly RunNotice[] {
    if (event.type !== 'queue_blocked') return [];
    return [
      {
        type: 'job_blocked',
        ...this.#head(event.at),
        job,
        ...(event.reason === undefined ? {} : { reason: event.reason }),
      },
    ];
  }

  #jobStarted(change: JobChange): readonly RunNotice[] {
    const { job, event, before, after } = change;
    const { attempt, job_attempt } = jobProgress(after);
    if (job_attempt === jobProgress(before).job_attempt) return [];
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
        const { key: job, status, reused, skip_reason, error } = view;
        this.#told.delete(job);
        const why = {
          ...(reused === undefined ? {} : { reused }),
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
    return stepChanges(this.#machines.plan, before, after).flatMap((view) => this.#stepOnce(job, view, event.at));
  }

  #stepOnce(job: JobKey, view: StepView, at: number): readonly RunNotice[] {
    const told = this.#told.get(job) ?? new Map<StepKey, string>();
    this.#told.set(job, told);
    const now = `${view.status} ${view.attempts} ${view.job_attempt} ${view.lacks?.join(' ') ?? ''}`;
    if (told.get(view.key) === now) return [];
    if (view.outcome === undefined) told.set(view.key, now);
    // A step that is over has nothing more to tell. A loop may have any number of them.
    else told.delete(view.key);
    return this.#step({ at, job, view });
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
      case 'waiting': {
        if (view.lacks !== undefined) return this.#lacking(at, job, { step: view.key, secrets: view.lacks });
        const { name, uses, attempts: attempt } = view;
        const iterations = view.iterations === undefined ? {} : { iterations: view.iterations };
        return [{ type: 'step_started', ...step, name, uses, attempt, ...iterations }];
      }
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

  #lacking(at: number, job: JobKey, { step, secrets }: Pick<AwaitedSecrets, 'step' | 'secrets'>): readonly RunNotice[] {
    if (secrets.length === 0) return [];
    const signal = { kind: 'secrets', name: `secrets:${job}/${step}`, job, step, secrets } as const;
    return [{ type: 'awaiting', ...this.#head(at), signal }];
  }

  #head(at: number): { readonly run: RunStore['run']; readonly at: string } {
    return { run: this.#store.run, at: timeText(at) };
  }
}

/** RFC 3339, in UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString();
}

/** The same for many times, of which those that come one after the other are often equal. */
export function timeTexts(): (at: number) => string {
  let last: { readonly at: number; readonly text: string } | undefined;
  return (at) => {
    if (last?.at !== at) last = { at, text: timeText(at) };
    return last.text;
  };
}

/** The member of a group that is the whole run has no job; a called workflow is the job that calls it. */
function jobOf(member: string): { readonly job?: string } {
  const read = readMember(member);
  const job = read.kind === 'job' ? read.job : read.caller;
  return job === undefined ? {} : { job };
}

function nameOf({ job, event, before, after }: JobChange): string {
  if (event.type === 'job_started') return event.start.name;
  if (after.state === 'running') return after.start.name;
  return before.state === 'running' ? before.start.name : job;
}

/** Jobs in the order in which one's end led to another's: the one that the event is of, then from the innermost call outwards. */
function causesFirst(views: readonly JobView[], event: RunChange['event']): readonly JobView[] {
  if (views.length < 2) return views;
  const own = event.type === 'job_finished' ? event.job : undefined;
  const rank = ({ key }: JobView): number => {
    if (key === own) return Number.MAX_SAFE_INTEGER;
    // A call ends by what it called; whatever needs the call ends after it.
    return 2 * key.split(' / ').length + (own?.startsWith(`${key} / `) === true ? 1 : 0);
  };
  return views.toSorted((left, right) => rank(right) - rank(left));
}
