import type { JobDetails, RunDetails, RunInfo, StepDetails } from '../../engine/port.ts';
import { assertNever } from '../../schemas/index.ts';
import { answerCommand, awaitedText, type RunWords, runCommand, targetOf } from './answers.ts';
import { renderError } from './error.ts';
import { endText, progressText } from './loop-view.ts';
import { depthOf, iterationOf, ownKey } from './nesting.ts';
import type { DisplayStatus, Style } from './style.ts';
import { type Row, renderTable } from './table.ts';
import { formatDuration, plainLine } from './text.ts';

/** The columns of a list of runs. */
export const runsHeader: readonly string[] = ['run', 'status', 'started', 'took', 'name'];

/** A run's line in a list. `now` is in ms since the epoch. */
export function infoRow(info: RunInfo, now: number): Row {
  return {
    name: info.run,
    status: displayStatus(info.status),
    shown: statusText(info),
    cells: [info.created_at, tookText(info, now), plainLine(info.name)],
  };
}

/** A run as `waterflow get` shows it: what it is at, what it waits for with the command that answers, its jobs and steps. */
export function renderDetails(
  details: RunDetails,
  options: { readonly words: RunWords; readonly now: number; readonly style: Style },
): readonly string[] {
  const { words, now, style } = options;
  const { status, attempt, workflow, file, name, run, created_at, ended_at, error, driven } = details;
  const facts = [
    [
      'status',
      `${style.status(displayStatus(status), statusText(details))}${attempt > 1 ? `, attempt ${attempt}` : ''}`,
    ],
    ['workflow', plainLine(`${workflow} (${file})`)],
    ['started', created_at],
    ...(ended_at === undefined ? [] : [['ended', ended_at]]),
    ['took', tookText(details, now)],
  ];
  const left = ended_at === undefined && !driven;
  return [
    `${style.bold(plainLine(name))}  ${style.dim(run)}`,
    ...facts.map(([label = '', text = '']) => `${label.padEnd(labelColumns)}${text}`),
    ...(left ? [`${'resume'.padEnd(labelColumns)}${runCommand(['run --resume'], words)}`] : []),
    ...details.awaits.flatMap((awaited) => [
      '',
      `${style.bold(plainLine(targetOf(awaited)))} ${awaitedText(awaited)}`,
      `  ${plainLine(answerCommand(awaited, words))}`,
    ]),
    '',
    ...renderTable(['job / step', 'status', 'took', 'attempts'], rowsOf(details, now), style),
    ...(error === undefined ? [] : ['', ...renderError(error, style)]),
  ];
}

const labelColumns = 'workflow  '.length;

function statusText({ status, driven, ended_at }: RunInfo): string {
  return ended_at === undefined && !driven ? `${status} (no process drives it)` : status;
}

function tookText({ created_at, ended_at }: RunInfo, now: number): string {
  return formatDuration((ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(created_at));
}

function rowsOf({ jobs }: RunDetails, now: number): readonly Row[] {
  return byIndex(jobs).flatMap(([key, job]) => {
    const steps = byIndex(job.steps).filter(([step]) => iterationOf(step) === undefined);
    return [
      jobRow(key, job, now),
      ...(job.reused === true ? [] : steps.map(([step, details]) => stepRow(step, details, now))),
    ];
  });
}

/** In the order of the file: keys that look like numbers come first in an object. */
function byIndex<Value extends { readonly index: number }>(of: Readonly<Record<string, Value>>) {
  return Object.entries(of).toSorted(([, one], [, other]) => one.index - other.index);
}

function jobRow(key: string, job: JobDetails, now: number): Row {
  return {
    name: plainLine(key),
    status: displayStatus(job.status),
    shown: job.reused === true ? `${job.status} (reused)` : `${job.status}${waitText(job)}`,
    cells: [spanText(job, now), job.attempts > 1 ? String(job.attempts) : ''],
  };
}

function stepRow(key: string, step: StepDetails, now: number): Row {
  const indent = ' '.repeat(2 + 2 * depthOf(key));
  const name = step.name === ownKey(key) ? '' : `  ${step.name}`;
  const loopText = step.ended_at === undefined ? progressText : endText;
  const loop = step.iterations === undefined ? '' : ` (${loopText(step.iterations)})`;
  return {
    name: plainLine(`${indent}${key}${name}`),
    status: displayStatus(step.status),
    shown: `${step.status}${loop}`,
    cells: [spanText(step, now), step.attempts > 1 ? String(step.attempts) : ''],
  };
}

function spanText(
  { started_at, ended_at }: { readonly started_at?: string; readonly ended_at?: string },
  now: number,
): string {
  if (started_at === undefined) return '';
  return formatDuration((ended_at === undefined ? now : Date.parse(ended_at)) - Date.parse(started_at));
}

function waitText({ waits_for, reason }: JobDetails): string {
  if (reason !== undefined) return `: ${plainLine(reason)}`;
  switch (waits_for) {
    case undefined:
      return '';
    case 'needs':
      return ' for other jobs';
    case 'group':
      return ' for its concurrency group';
    case 'approval':
      return ' for an approval';
    case 'hosts':
      return ' for the hosts of its queue';
    case 'slot':
      return ' for its turn';
    default:
      return assertNever(waits_for);
  }
}

function displayStatus(status: RunInfo['status'] | JobDetails['status'] | StepDetails['status']): DisplayStatus {
  switch (status) {
    case 'running':
    case 'success':
    case 'failure':
    case 'cancelled':
    case 'skipped':
    case 'waiting':
      return status;
    case 'queued':
    case 'blocked':
    case 'paused':
    case 'pending':
    case 'retrying':
      return 'waiting';
    default:
      return assertNever(status);
  }
}
