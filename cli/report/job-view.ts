import type { IterationCounts, RunNotice } from '../../engine/port.ts';
import { LoopView } from './loop-view.ts';
import type { DisplayStatus } from './style.ts';
import { LineBuffer, plainLine, plainLogLine } from './text.ts';

/** How a step ended, as notices tell it. */
export type StepEnd = Extract<RunNotice, { readonly type: 'step_finished' }>;

/** Where a job stands among others. */
export interface JobPlace {
  /** The jobs that call the workflow which it is in, from the outermost. */
  readonly callers: readonly string[];
  /** Of a fleet: its key without the host, and which of its waves the host is in. */
  readonly fleet?: { readonly key: string; readonly wave: number };
}

/** What is shown of one job. */
export class JobView {
  readonly name: string;
  readonly place: JobPlace;
  readonly steps: Map<string, StepView> = new Map();
  readonly startedAt: number;
  status: DisplayStatus;
  endedAt: number | undefined;
  /** It ended so in an earlier attempt of the run. */
  reused = false;
  /** What keeps it from going on: it is blocked, or waits for its turn. */
  note = '';

  constructor(name: string, parts: { readonly place: JobPlace; readonly at: number; readonly status: DisplayStatus }) {
    // A name may come from an input or from another step's output.
    this.name = plainLine(name);
    this.place = parts.place;
    this.startedAt = parts.at;
    this.status = parts.status;
  }

  finish(status: DisplayStatus, end: { readonly at: number; readonly reused: boolean }): void {
    this.status = status;
    this.endedAt = end.at;
    this.reused = end.reused;
    this.note = '';
  }

  step(key: string, name: string): StepView {
    const step = this.steps.get(key) ?? new StepView(key, name);
    this.steps.set(key, step);
    return step;
  }
}

/** What is shown of one step. */
export class StepView {
  readonly key: string;
  name: string;
  status: DisplayStatus = 'waiting';
  startedAt: number | undefined;
  durationMs: number | undefined;
  attempt = 1;
  denied = 0;
  reused = false;
  lastLine = '';
  /** Of a loop whose iterations have begun. */
  loop: LoopView | undefined;
  readonly #buffer = new LineBuffer();

  constructor(key: string, name: string) {
    this.key = key;
    this.name = plainLine(name);
  }

  start(at: number, attempt: number): void {
    this.status = 'running';
    this.startedAt = at;
    this.attempt = attempt;
    this.durationMs = undefined;
    this.loop = undefined;
  }

  /** Its iterations; `begun`: how many there are and which are over already. */
  iterate(begun?: IterationCounts): LoopView {
    this.loop ??= new LoopView(begun);
    return this.loop;
  }

  log(text: string): void {
    const line = this.#buffer
      .push(text)
      .map(plainLogLine)
      .findLast((candidate) => candidate.trim() !== '');
    if (line !== undefined) this.lastLine = line;
  }

  finish(end: StepEnd): void {
    this.status = end.outcome;
    this.durationMs = end.duration_ms;
    this.reused = end.reused === true;
    if (end.iterations !== undefined) this.iterate().finish(end.iterations);
  }
}
