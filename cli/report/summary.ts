import { plannedJob, plannedStep } from '../../dsl/index.ts';
import type { RunSummary } from '../../engine/port.ts';
import type { Plan } from '../../schemas/index.ts';
import { type RunWords, runCommand } from './answers.ts';
import { fit } from './columns.ts';
import { renderError } from './error.ts';
import { type Failure, failuresOf, renderFailure, type Sources } from './failures.ts';
import { literalName } from './names.ts';
import { iterationOf, ownKey } from './nesting.ts';
import type { RunRecord } from './record.ts';
import { renderRefusals } from './refusals.ts';
import { createStyle, type Style } from './style.ts';
import { jobRow, stepRows, widestName } from './summary-rows.ts';
import { type Row, renderTable } from './table.ts';
import { formatDuration, plainLine } from './text.ts';

/** What the summary needs beside the run's end. */
export interface SummaryOptions {
  readonly plan: Plan;
  /** To show where a failure stands. A file that can't be read any more isn't there. */
  readonly sources: Sources;
  readonly record: RunRecord;
  /** How the run is named in commands about it. */
  readonly words: RunWords;
  readonly colours: boolean;
}

/** Failed steps of a loop's iterations that are told one by one. */
const toldIterations = 5;

/**
 * The end of a run for people: each step with status, duration, attempts and host calls; each failure with its line and last
 * output; each refused host call with the rule that refused it.
 */
export function renderSummary(summary: RunSummary, options: SummaryOptions): string {
  const { plan, record, sources, words } = options;
  const style = createStyle({ colours: options.colours });
  const titleOf = (job: string, step: string | undefined): string => {
    if (step === undefined) return plainLine(job);
    const name = stepName(options, job, step);
    return plainLine(`${job} / ${step}${name === undefined ? '' : `  ${fit(name, widestName)}`}`);
  };
  const failures = failuresOf(summary, plan);
  const explained = failures.some(
    ({ error }) => error.code === summary.error?.code && error.message === summary.error.message,
  );
  const { told, more } = bounded(failures);
  const audit = runCommand(['audit verify'], words);
  const blocks = [
    headLine(summary, style),
    '',
    ...renderTable(tableHeader, rowsOf(summary, options), style),
    ...environmentLines(summary),
    ...told.flatMap((failure) => [
      '',
      ...renderFailure(failure, { sources, style, title: titleOf(failure.job, failure.step) }),
    ]),
    ...more.flatMap(({ job, loop, count }) => [
      '',
      `${style.symbol('failure')} ${style.bold(titleOf(job, loop))}  and ${count} more failed steps in its iterations`,
      style.dim(`  ${plainLine(runCommand(['logs', '--job', job, '--step', loop], words))}`),
    ]),
    ...renderRefusals(record.refused, { style, titleOf }),
    ...(record.refused.length === 0 ? [] : ['', style.dim(`every host call is on record: ${audit}`)]),
    ...(summary.error === undefined || explained ? [] : ['', ...renderError(summary.error, style)]),
  ];
  return `${blocks.join('\n')}\n`;
}

function headLine({ status, name, duration_ms, run, attempt }: RunSummary, style: Style): string {
  const words = [
    `${style.symbol(status)} ${style.bold(plainLine(name))} ${style.status(status, status)} in ${formatDuration(duration_ms)}`,
    style.dim(run),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
  ];
  return words.join('  ');
}

/** Where jobs went. */
function environmentLines({ jobs }: RunSummary): readonly string[] {
  const lines = Object.entries(jobs).flatMap(([job, { environment, status }]) =>
    environment === undefined || status !== 'success'
      ? []
      : [plainLine(`${job} is in ${environment.name}${environment.url === undefined ? '' : `: ${environment.url}`}`)],
  );
  return lines.length === 0 ? [] : ['', ...lines];
}

/** The failures without those of all too many iterations, and how many of those there are. */
function bounded(failures: readonly Failure[]): {
  readonly told: readonly Failure[];
  readonly more: readonly { readonly job: string; readonly loop: string; readonly count: number }[];
} {
  const counts = new Map<string, { readonly job: string; readonly loop: string; count: number }>();
  const told = failures.filter(({ job, step = '' }) => {
    const loop = iterationOf(step)?.loop;
    if (loop === undefined) return true;
    const key = JSON.stringify([job, loop]);
    const counted = counts.get(key) ?? { job, loop, count: -toldIterations };
    counted.count += 1;
    counts.set(key, counted);
    return counted.count <= 0;
  });
  return { told, more: [...counts.values()].filter(({ count }) => count > 0) };
}

/** The name under which the step ran or, where it didn't, that of the file; undefined where it has none beside its key. */
function stepName({ plan, record }: SummaryOptions, job: string, step: string): string | undefined {
  const name = record.nameOf(job, step) ?? literalName(plannedStep(plan, job, step));
  return name === ownKey(step) ? undefined : name;
}

const tableHeader = ['job / step', 'status', 'duration', 'attempts', 'host calls allowed / denied'];

function rowsOf(summary: RunSummary, options: SummaryOptions): readonly Row[] {
  return Object.entries(summary.jobs).flatMap(([key, job]) => [
    jobRow(key, job),
    ...stepRows(job, { planned: plannedJob(options.plan, key), nameOf: (step) => stepName(options, key, step) }),
  ]);
}
