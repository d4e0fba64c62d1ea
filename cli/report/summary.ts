import type { JobSummary, RunSummary, StepSummary } from '../../engine/port.ts';
import type { Plan, Position, WaterflowError } from '../../schemas/index.ts';
import { createStyle, type Style } from './style.ts';
import { formatDuration, plainLine } from './text.ts';

/** What the summary needs beside the run's end. */
export interface SummaryOptions {
  readonly plan: Plan;
  /** The workflow file's lines, to show where a failure stands. Empty where the file can't be read any more. */
  readonly source: readonly string[];
  readonly colours: boolean;
}

interface Row {
  readonly cells: readonly string[];
  readonly status: StepSummary['status'];
}

/** The end of a run for people: each step with status, duration, attempts and host calls; then each failure in full. */
export function renderSummary(summary: RunSummary, options: SummaryOptions): string {
  const style = createStyle({ colours: options.colours });
  const rows = Object.entries(summary.jobs).flatMap(([key, job]) => jobRows(key, job));
  const head = `${style.symbol(summary.status)} ${style.bold(options.plan.name)} ${style.status(summary.status, summary.status)} in ${formatDuration(summary.duration_ms)}  ${style.dim(summary.run)}`;
  const blocks = [head, '', ...renderTable(rows, style)];
  for (const failure of failuresOf(summary, options.plan))
    blocks.push('', ...renderFailure(failure, options.source, style));
  if (summary.error) blocks.push('', ...renderError(summary.error, style));
  return `${blocks.join('\n')}\n`;
}

function jobRows(key: string, job: JobSummary): readonly Row[] {
  const attempts = job.attempts > 1 ? String(job.attempts) : '';
  const head: Row = { cells: [key, job.status, formatDuration(job.duration_ms), attempts, ''], status: job.status };
  const steps = Object.entries(job.steps).map(([step, result]): Row => {
    const shown = result.outcome === result.conclusion ? result.status : `${result.outcome} (continued)`;
    const ran = result.status !== 'skipped';
    return {
      cells: [
        `  ${step}`,
        shown,
        ran ? formatDuration(result.duration_ms) : '',
        ran ? String(result.attempts) : '',
        ran ? `${result.host_calls.allowed} / ${result.host_calls.denied}` : '',
      ],
      status: result.outcome,
    };
  });
  return [head, ...steps];
}

function renderTable(rows: readonly Row[], style: Style): readonly string[] {
  const header = ['job / step', 'status', 'duration', 'attempts', 'host calls allowed / denied'];
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row.cells[column] ?? '').length)),
  );
  const line = (cells: readonly string[], paint: (text: string) => string): string =>
    cells
      .map((cell, column) => (column === statusColumn ? paint : same)(cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [
    style.dim(line(header, same)),
    ...rows.map((row) => line(row.cells, (text) => style.status(row.status, text))),
  ];
}

const statusColumn = 1;
const same = (text: string): string => text;

interface Failure {
  readonly place: string;
  readonly error: WaterflowError;
  readonly at: Position | undefined;
  readonly lastLines: readonly string[];
}

function failuresOf(summary: RunSummary, plan: Plan): readonly Failure[] {
  return Object.entries(summary.jobs).flatMap(([key, job]) => {
    // A matrix cell's key is its job's id, a space and the cell.
    const planned = plan.jobs.find((candidate) => candidate.id === key || key.startsWith(`${candidate.id} (`));
    const steps = Object.entries(job.steps).flatMap(([stepKey, step]): readonly Failure[] =>
      step.error === undefined || step.outcome === 'skipped'
        ? []
        : [
            {
              place: `${key} / ${stepKey}`,
              error: step.error,
              at: planned?.steps.find((candidate) => candidate.key === stepKey)?.at,
              lastLines: step.last_lines ?? [],
            },
          ],
    );
    const explained = steps.length > 0;
    return job.error && !explained ? [{ place: key, error: job.error, at: planned?.at, lastLines: [] }] : steps;
  });
}

function renderFailure(failure: Failure, source: readonly string[], style: Style): readonly string[] {
  const { error, at } = failure;
  const place =
    error.line === undefined ? at : { file: error.file ?? at?.file ?? '', line: error.line, column: error.column ?? 1 };
  const code = place === undefined ? undefined : source[place.line - 1];
  return [
    `${style.symbol('failure')} ${style.bold(failure.place)}  ${error.code}: ${plainLine(error.message)}`,
    ...(place === undefined ? [] : [`  at ${place.file}:${place.line}:${place.column}`]),
    ...(place === undefined || code === undefined ? [] : [style.dim(`  ${place.line} | ${plainLine(code)}`)]),
    ...(error.rule === undefined ? [] : [`  rule: ${plainLine(error.rule)}`]),
    `  remedy: ${plainLine(error.remedy)}`,
    ...(failure.lastLines.length === 0
      ? []
      : ['  last lines:', ...failure.lastLines.map((line) => style.dim(`    ${plainLine(line)}`))]),
  ];
}

/** An error on its own: code, place, message, rule, remedy. */
export function renderError(error: WaterflowError, style: Style): readonly string[] {
  const place =
    error.file === undefined
      ? ''
      : ` ${error.file}${error.line === undefined ? '' : `:${error.line}:${error.column ?? 1}`}`;
  return [
    `${style.status('failure', 'error')}[${error.code}]${place}: ${plainLine(error.message)}`,
    ...(error.rule === undefined ? [] : [`  rule: ${plainLine(error.rule)}`]),
    `  remedy: ${plainLine(error.remedy)}`,
  ];
}
