import { columnsOf, fit } from './columns.ts';
import type { JobView, StepView } from './job-view.ts';
import type { LoopView } from './loop-view.ts';
import { depthOf } from './nesting.ts';
import type { DisplayStatus, Style } from './style.ts';
import { formatDuration } from './text.ts';
import type { RunView } from './view.ts';

/** What the lines of jobs depend on beside the run. */
export interface LineLayout {
  readonly style: Style;
  readonly now: number;
  /** The terminal's width. */
  readonly columns: number;
}

/** Iterations in flight that are shown one by one. */
const shownFlights = 3;
/** How far a step stands in from its job, and what is inside of something from that. */
const indent = 2;

/** The lines of all jobs with their steps. */
export function unfoldedLines(view: RunView, layout: LineLayout): readonly string[] {
  return inCallOrder(view).flatMap((job) => [jobLine(job, layout), ...stepLines(job, layout)]);
}

/** What is over takes a line: a job, a called workflow with its jobs, a wave of a fleet. */
export function foldedLines(view: RunView, layout: LineLayout): readonly string[] {
  const waves = new Map<string, JobView[]>();
  const shown = inCallOrder(view).filter(({ place }) => !place.callers.some((key) => hasEnded(view.jobs.get(key))));
  for (const job of shown) waves.set(waveOf(job), [...(waves.get(waveOf(job)) ?? []), job]);
  const told = new Set<string>();
  return shown.flatMap((job): readonly string[] => {
    const wave = waves.get(waveOf(job)) ?? [];
    if (wave.length > 1 && wave.every(hasEnded)) {
      const isFirst = !told.has(waveOf(job));
      told.add(waveOf(job));
      return isFirst ? [waveLine(wave, layout)] : [];
    }
    return hasEnded(job) ? [jobLine(job, layout)] : [jobLine(job, layout), ...stepLines(job, layout)];
  });
}

/** The jobs as they began, those of a called workflow after the job that calls it. */
function inCallOrder(view: RunView): readonly JobView[] {
  const inside = new Map<string | undefined, [string, JobView][]>();
  for (const [key, job] of view.jobs) {
    const caller = job.place.callers.at(-1);
    inside.set(caller, [...(inside.get(caller) ?? []), [key, job]]);
  }
  const below = (caller: string | undefined): readonly JobView[] =>
    (inside.get(caller) ?? []).flatMap(([key, job]) => [job, ...below(key)]);
  return below(undefined);
}

function hasEnded(job: JobView | undefined): boolean {
  return job?.endedAt !== undefined;
}

/** The same for the hosts of one wave; of any other job its own. */
function waveOf({ place, name }: JobView): string {
  return JSON.stringify(place.fleet === undefined ? name : [place.fleet.key, place.fleet.wave]);
}

function waveLine(wave: readonly JobView[], layout: LineLayout): string {
  const [first] = wave;
  const failed = wave.filter(({ status }) => status !== 'success').length;
  const facts = `wave ${first?.place.fleet?.wave ?? 1}: ${wave.length} hosts${failed === 0 ? '' : `, ${failed} failed`}`;
  const depth = first?.place.callers.length ?? 0;
  return lineOf(
    {
      indent: depth * indent,
      symbol: failed === 0 ? 'success' : 'failure',
      name: first?.place.fleet?.key ?? '',
      facts,
    },
    layout,
  );
}

function jobLine(job: JobView, layout: LineLayout): string {
  const { status, place } = job;
  const wave = place.fleet === undefined ? [] : [`wave ${place.fleet.wave}`];
  const note = job.note === '' ? [] : [job.note];
  const facts = [...wave, timeOf(job, layout), ...note].filter((fact) => fact !== '').join(' ');
  return lineOf({ indent: place.callers.length * indent, symbol: status, name: job.name, facts }, layout);
}

function timeOf(job: JobView, { now }: LineLayout): string {
  if (job.reused) return 'reused';
  if (job.status === 'skipped') return 'skipped';
  return job.status === 'waiting' ? '' : formatDuration((job.endedAt ?? now) - job.startedAt);
}

function stepLines(job: JobView, layout: LineLayout): readonly string[] {
  const outer = (job.place.callers.length + 1) * indent;
  return [...job.steps.values()].flatMap((step) => stepLine(step, outer + depthOf(step.key) * indent, layout));
}

function stepLine(step: StepView, at: number, layout: LineLayout): readonly string[] {
  const head = lineOf({ indent: at, symbol: step.status, name: step.name, facts: stepFacts(step, layout) }, layout);
  if (step.status !== 'running' && step.status !== 'waiting') return [head];
  const flights = step.loop === undefined ? [] : flightLines(step.loop, at + indent, layout);
  const tailAt = at + 2 * indent;
  const tail = step.lastLine !== '' && layout.columns > tailAt;
  return tail
    ? [head, ...flights, `${' '.repeat(tailAt)}${layout.style.dim(fit(step.lastLine, layout.columns - tailAt))}`]
    : [head, ...flights];
}

function stepFacts(step: StepView, { now }: LineLayout): string {
  if (step.reused) return 'reused';
  if (step.status === 'skipped') return 'skipped';
  const duration = formatDuration(step.durationMs ?? now - (step.startedAt ?? now));
  const attempt = step.attempt > 1 ? ` attempt ${step.attempt}` : '';
  const denied = step.denied > 0 ? ` ${step.denied} denied` : '';
  const loop = step.loop === undefined ? '' : `${step.loop.counts()} `;
  return `${loop}${duration}${attempt}${denied}`;
}

function flightLines(loop: LoopView, at: number, layout: LineLayout): readonly string[] {
  const flights = [...loop.flights];
  const lines = flights.slice(0, shownFlights).map(([index, { name, startedAt }]) =>
    lineOf(
      {
        indent: at,
        symbol: 'running',
        name: `[${index}] ${name}`,
        facts: formatDuration(layout.now - startedAt),
      },
      layout,
    ),
  );
  const more = flights.length - lines.length;
  return more === 0 ? lines : [...lines, layout.style.dim(fit(`${' '.repeat(at)}… ${more} more`, layout.columns))];
}

interface Line {
  readonly indent: number;
  readonly symbol: DisplayStatus;
  readonly name: string;
  readonly facts: string;
}

/** A symbol, a name and facts within the terminal's width: the name is cut first, then the facts. */
function lineOf(line: Line, { style, columns }: LineLayout): string {
  const room = columns - line.indent - columnsOf('✓ ') - 1;
  const facts = fit(line.facts, room - 1);
  const name = fit(line.name, room - columnsOf(facts));
  return room < 1 ? '' : `${' '.repeat(line.indent)}${style.symbol(line.symbol)} ${name} ${style.dim(facts)}`.trimEnd();
}
