import type { RunEvent, RunJob } from '../../../api/types.ts';

/** Some time of a job or a step. */
export interface Bar {
  /** `queue`: until an agent had the job. */
  readonly kind: 'queue' | 'run';
  /** Milliseconds since the epoch. */
  readonly from: number;
  /** Absent: it goes on. */
  readonly to?: number;
  /** How it ended; `running` while it goes on. */
  readonly status: string;
}

/** What a job and each of its steps did when, by their keys. Each attempt is a bar of its own. */
export interface JobBars {
  readonly job: readonly Bar[];
  readonly steps: ReadonlyMap<string, readonly Bar[]>;
}

/** Bars of one row; the last one may still go on. */
class Row {
  readonly bars: Bar[] = [];
  #open: { readonly kind: Bar['kind']; readonly from: number } | undefined;

  begin(kind: Bar['kind'], from: number): void {
    this.#open = { kind, from };
  }

  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  get waits(): boolean {
    return this.#open?.kind === 'queue';
  }

  end(to: number, status: string): void {
    if (this.#open !== undefined) this.bars.push({ ...this.#open, to, status });
    this.#open = undefined;
  }

  /** What there is, with what goes on. */
  all(): readonly Bar[] {
    return this.#open === undefined ? this.bars : [...this.bars, { ...this.#open, status: 'running' }];
  }
}

interface JobRows {
  readonly job: Row;
  readonly steps: Map<string, Row>;
}

/** Reads the events of a run, in their order. Those that it doesn't know say nothing of when something ran. */
export function barsOf(events: readonly RunEvent[]): ReadonlyMap<string, JobBars> {
  const jobs = new Map<string, JobRows>();
  for (const event of events) take(jobs, event);
  return new Map(
    Array.from(jobs, ([key, { job, steps }]) => [
      key,
      { job: job.all(), steps: new Map(Array.from(steps, ([step, row]) => [step, row.all()])) },
    ]),
  );
}

/**
 * The same with what the job says of itself: control nodes, which the machine itself carries out, run without an event and without an
 * agent. Who waits for an approval waits for no agent.
 */
export function withControlNodes({ job, steps }: JobBars, { steps: shown, ...details }: RunJob): JobBars {
  const all = new Map(steps);
  let first = Number.POSITIVE_INFINITY;
  for (const [key, { started_at, ended_at, outcome, status }] of Object.entries(shown)) {
    if (started_at === undefined || all.has(key)) continue;
    const from = Date.parse(started_at);
    first = Math.min(first, from);
    all.set(key, [{ kind: 'run', from, ...endOf(ended_at), status: outcome ?? status }]);
  }
  const last = job.at(-1);
  if (last?.kind !== 'queue' || first < last.from || first === Number.POSITIVE_INFINITY) return { job, steps: all };
  const waited = { ...last, to: first, status: 'queued' };
  const ran = { kind: 'run', from: first, ...endOf(details.ended_at), status: details.status } as const;
  return { job: [...job.slice(0, -1), ...(first > last.from ? [waited] : []), ran], steps: all };
}

function endOf(time: string | undefined): { readonly to?: number } {
  return time === undefined ? {} : { to: Date.parse(time) };
}

function take(jobs: Map<string, JobRows>, { at: time, type, job, event }: RunEvent): void {
  const at = Date.parse(time);
  // That a job ended is told to its run.
  const key = job ?? textOf(event['job']);
  if (key === undefined) return;
  const rows = rowsOf(jobs, key);
  switch (type) {
    case 'job_started':
      rows.job.begin('queue', at);
      return;
    case 'agent_claimed':
      claimed(rows.job, at);
      return;
    case 'agent_lost':
      endAll(rows, at, 'failure');
      rows.job.begin('queue', at);
      return;
    case 'step_started':
      // Control nodes run without an agent.
      if (rows.job.waits || !rows.job.isOpen) claimed(rows.job, at);
      rowOf(rows.steps, textOf(event['step']) ?? '').begin('run', at);
      return;
    case 'step_finished':
      rows.steps.get(textOf(event['step']) ?? '')?.end(at, resultOf(event, 'outcome'));
      return;
    case 'job_finished':
      endAll(rows, at, resultOf(event, 'status'));
      return;
    default:
  }
}

function claimed(row: Row, at: number): void {
  if (row.waits) row.end(at, 'queued');
  if (!row.isOpen) row.begin('run', at);
}

function endAll({ job, steps }: JobRows, at: number, status: string): void {
  job.end(at, job.waits ? 'queued' : status);
  for (const row of steps.values()) row.end(at, status);
}

function rowsOf(jobs: Map<string, JobRows>, key: string): JobRows {
  const known = jobs.get(key) ?? { job: new Row(), steps: new Map() };
  jobs.set(key, known);
  return known;
}

function rowOf(rows: Map<string, Row>, key: string): Row {
  const known = rows.get(key) ?? new Row();
  rows.set(key, known);
  return known;
}

function resultOf(event: RunEvent['event'], name: 'outcome' | 'status'): string {
  const { result } = event;
  // An object of JSON that is no list has keys.
  const values = typeof result === 'object' && result !== null ? (result as Readonly<Record<string, unknown>>) : {};
  return textOf(values[name]) ?? 'failure';
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
