import type { IterationCounts, JobSummary, StepSummary } from '../../engine/port.ts';
import type { PlannedJob } from '../../schemas/index.ts';
import { fit } from './columns.ts';
import { endText } from './loop-view.ts';
import { inOrder } from './names.ts';
import { depthOf, iterationOf } from './nesting.ts';
import type { Row } from './table.ts';
import { formatDuration, plainJson, plainLine } from './text.ts';

/** Names of jobs and steps are cut to this many columns. */
export const widestName = 56;

/** A job's line of the summary. */
export function jobRow(key: string, job: JobSummary): Row {
  return {
    name: fit(plainLine(key), widestName),
    status: job.status,
    shown: job.reused === true ? `${job.status} (reused)` : job.status,
    cells: [formatDuration(job.duration_ms), job.attempts > 1 ? String(job.attempts) : '', ''],
    ...(job.status === 'skipped' ? { note: skipNote(job.skip_reason) } : {}),
  };
}

/** The lines of a job's steps; iterations of loops are counted, and those that failed stand among the failures. */
export function stepRows(
  job: JobSummary,
  {
    planned,
    nameOf,
  }: { readonly planned: PlannedJob | undefined; readonly nameOf: (step: string) => string | undefined },
): readonly Row[] {
  // The steps of a job that was skipped were skipped with it; those of one that was reused were shown when they ran.
  if (job.status === 'skipped' || job.reused === true) return [];
  const steps = Object.entries(job.steps).filter(([key]) => iterationOf(key) === undefined);
  const sorted = inOrder(steps, planned);
  const keyColumns = Math.max(0, ...sorted.map(([key]) => key.length + depthOf(key) * indent));
  return sorted.flatMap(([key, step]) => {
    const name = nameOf(key);
    const own = `${' '.repeat(depthOf(key) * indent)}${key}`;
    const row = stepRow(
      step,
      fit(plainLine(name === undefined ? own : `${own.padEnd(keyColumns)}  ${name}`), widestName),
    );
    return step.iterations === undefined ? [row] : [row, iterationsRow(step, step.iterations)];
  });
}

const indent = 2;

function stepRow(step: StepSummary, label: string): Row {
  return {
    name: `  ${label}`,
    status: step.outcome,
    shown: shownStatus(step),
    cells: [
      formatDuration(step.duration_ms),
      String(step.attempts),
      `${step.host_calls.allowed} / ${step.host_calls.denied}`,
    ],
    ...(step.status === 'skipped' ? { note: skipNote(step.skip_reason) } : {}),
  };
}

function shownStatus({ outcome, conclusion, status, reused }: StepSummary): string {
  if (outcome !== conclusion) return `${outcome} (continued)`;
  return reused === true ? `${status} (reused)` : status;
}

function iterationsRow({ outcome }: StepSummary, iterations: IterationCounts): Row {
  return { name: `    ${endText(iterations)}`, status: outcome, shown: '', cells: ['', '', ''] };
}

/** Which condition was false, over which values. */
function skipNote(reason: JobSummary['skip_reason']): string {
  if (reason === undefined) return '';
  const read = reason.read.map(({ path, value }) => `${path} = ${plainJson(value)}`).join(', ');
  return plainLine(`if ${reason.condition}${read === '' ? '' : `, where ${read}`}`);
}
