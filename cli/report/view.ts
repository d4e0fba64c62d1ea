import type { RunNotice } from '../../engine/port.ts';
import { assertNever } from '../../schemas/index.ts';
import type { DisplayStatus } from './style.ts';
import { LineBuffer, plainLine, plainLogLine } from './text.ts';

/** The run as the live tree shows it, folded from notices. */
export class RunView {
  readonly jobs: Map<string, JobView> = new Map();
  title = '';
  readonly #nameOf: (job: string, step: string) => string | undefined;

  /** `nameOf` gives the name in the file of a step that never starts. */
  constructor(nameOf: (job: string, step: string) => string | undefined = () => undefined) {
    this.#nameOf = nameOf;
  }

  apply(notice: RunNotice): void {
    switch (notice.type) {
      case 'run_started':
        this.title = `${plainLine(notice.workflow)} ${notice.run}`;
        return;
      case 'job_started':
        this.jobs.set(notice.job, new JobView(notice.name, Date.parse(notice.at)));
        return;
      case 'job_finished':
        this.#job(notice.job, notice.at).finish(notice.status, Date.parse(notice.at));
        return;
      case 'step_started': {
        const step = this.#step(notice, notice.name);
        step.start(Date.parse(notice.at), notice.attempt);
        return;
      }
      case 'host_call':
        if (notice.decision !== 'allowed') this.#step(notice).denied += 1;
        return;
      case 'log':
        this.#step(notice).log(notice.text);
        return;
      case 'step_retrying':
        this.#step(notice).status = 'waiting';
        return;
      case 'step_finished': {
        const step = this.#step(notice);
        step.finish(notice.outcome, notice.duration_ms);
        return;
      }
      case 'summary':
        return;
      default:
        assertNever(notice);
    }
  }

  #step(notice: { readonly job: string; readonly step: string; readonly at: string }, name?: string): StepView {
    return this.#job(notice.job, notice.at).step(
      notice.step,
      name ?? this.#nameOf(notice.job, notice.step) ?? notice.step,
    );
  }

  #job(key: string, at: string): JobView {
    const job = this.jobs.get(key) ?? new JobView(key, Date.parse(at));
    this.jobs.set(key, job);
    return job;
  }
}

/** What is shown of one job. */
export class JobView {
  readonly name: string;
  readonly steps: Map<string, StepView> = new Map();
  readonly startedAt: number;
  status: DisplayStatus = 'running';
  endedAt: number | undefined;

  constructor(name: string, startedAt: number) {
    // A name may come from an input or from another step's output.
    this.name = plainLine(name);
    this.startedAt = startedAt;
  }

  finish(status: DisplayStatus, at: number): void {
    this.status = status;
    this.endedAt = at;
  }

  step(key: string, name: string): StepView {
    const step = this.steps.get(key) ?? new StepView(name);
    this.steps.set(key, step);
    return step;
  }
}

/** What is shown of one step. */
export class StepView {
  name: string;
  status: DisplayStatus = 'waiting';
  startedAt: number | undefined;
  durationMs: number | undefined;
  attempt = 1;
  denied = 0;
  lastLine = '';
  readonly #buffer = new LineBuffer();

  constructor(name: string) {
    this.name = plainLine(name);
  }

  start(at: number, attempt: number): void {
    this.status = 'running';
    this.startedAt = at;
    this.attempt = attempt;
    this.durationMs = undefined;
  }

  log(text: string): void {
    const line = this.#buffer
      .push(text)
      .map(plainLogLine)
      .findLast((candidate) => candidate.trim() !== '');
    if (line !== undefined) this.lastLine = line;
  }

  finish(status: DisplayStatus, durationMs: number): void {
    this.status = status;
    this.durationMs = durationMs;
  }
}
