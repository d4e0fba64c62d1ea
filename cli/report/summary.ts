import type { JobSummary, RunSummary } from '../../engine/port.ts';
import type { Plan } from '../../schemas/index.ts';
import { fit } from './columns.ts';
import { renderError } from './error.ts';
import { failuresOf, renderFailure, type Sources } from './failures.ts';
import { inOrder, literalName, plannedJob, plannedStep } from './names.ts';
import type { RunRecord } from './record.ts';
import { renderRefusals } from './refusals.ts';
import { createStyle } from './style.ts';
import { type Row, renderTable } from './table.ts';
import { formatDuration, plainJson, plainLine } from './text.ts';

/** What the summary needs beside the run's end. */
export interface SummaryOptions {
  readonly plan: Plan;
  /** To show where a failure stands. A file that can't be read any more isn't there. */
  readonly sources: Sources;
  readonly record: RunRecord;
  /** The command that checks the record of the run's host calls. */
  readonly auditCommand: string;
  readonly colours: boolean;
}

/** Names of jobs and steps are cut to this many columns. */
const widestName = 56;

/**
 * The end of a run for people: each step with status, duration, attempts and host calls; each failure with its line and last
 * output; each refused host call with the rule that refused it.
 */
export function renderSummary(summary: RunSummary, options: SummaryOptions): string {
  const { plan, record, sources } = options;
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
  const blocks = [
    `${style.symbol(summary.status)} ${style.bold(plainLine(plan.name))} ${style.status(summary.status, summary.status)} in ${formatDuration(summary.duration_ms)}  ${style.dim(summary.run)}`,
    '',
    ...renderTable(tableHeader, rowsOf(summary, options), style),
    ...failures.flatMap((failure) => [
      '',
      ...renderFailure(failure, { sources, style, title: titleOf(failure.job, failure.step) }),
    ]),
    ...renderRefusals(record.refused, { style, titleOf }),
    ...(record.refused.length === 0 ? [] : ['', style.dim(`every host call is on record: ${options.auditCommand}`)]),
    ...(summary.error === undefined || explained ? [] : ['', ...renderError(summary.error, style)]),
  ];
  return `${blocks.join('\n')}\n`;
}

const tableHeader = ['job / step', 'status', 'duration', 'attempts', 'host calls allowed / denied'];

function rowsOf(summary: RunSummary, options: SummaryOptions): readonly Row[] {
  return Object.entries(summary.jobs).flatMap(([key, job]) => [jobRow(key, job), ...stepRows(key, job, options)]);
}

function jobRow(key: string, job: JobSummary): Row {
  return {
    name: fit(plainLine(key), widestName),
    status: job.status,
    shown: job.status,
    cells: [formatDuration(job.duration_ms), job.attempts > 1 ? String(job.attempts) : '', ''],
    ...(job.status === 'skipped' ? { note: skipNote(job.skip_reason) } : {}),
  };
}

function stepRows(job: string, { steps, status }: JobSummary, options: SummaryOptions): readonly Row[] {
  // The steps of a job that was skipped were skipped with it.
  if (status === 'skipped') return [];
  const sorted = inOrder(Object.entries(steps), plannedJob(options.plan, job));
  const keyColumns = Math.max(0, ...sorted.map(([key]) => key.length));
  return sorted.map(([key, step]): Row => {
    const name = stepName(options, job, key);
    const label = name === undefined ? key : `${key.padEnd(keyColumns)}  ${name}`;
    return {
      name: `  ${fit(plainLine(label), widestName)}`,
      status: step.outcome,
      shown: step.outcome === step.conclusion ? step.status : `${step.outcome} (continued)`,
      cells: [
        formatDuration(step.duration_ms),
        String(step.attempts),
        `${step.host_calls.allowed} / ${step.host_calls.denied}`,
      ],
      ...(step.status === 'skipped' ? { note: skipNote(step.skip_reason) } : {}),
    };
  });
}

/** The name under which the step ran or, where it didn't, that of the file; undefined where it has none beside its key. */
function stepName({ plan, record }: SummaryOptions, job: string, step: string): string | undefined {
  const name = record.nameOf(job, step) ?? literalName(plannedStep(plan, job, step));
  return name === step ? undefined : name;
}

/** Which condition was false, over which values. */
function skipNote(reason: JobSummary['skip_reason']): string {
  if (reason === undefined) return '';
  const read = reason.read.map(({ path, value }) => `${path} = ${plainJson(value)}`).join(', ');
  return plainLine(`if ${reason.condition}${read === '' ? '' : `, where ${read}`}`);
}
