import { formatDuration } from '../report/text.ts';
import type { EnvironmentOutline, FleetOutline, JobOutline, MatrixOutline } from './api.ts';
import { stepLines } from './step-text.ts';
import { concurrencyWords, conditionWords, decided, known, retryWords } from './words.ts';

/** A job for people: a line of what it is, its cells, and its steps; of a call without what it calls. */
export function jobLines(job: JobOutline, indent: string): readonly string[] {
  const facts = [
    job.calls === undefined ? `on ${job.queue === undefined ? '?' : known(job.queue)}` : `calls ${job.calls.file}`,
    ...(job.needs.length > 0 ? [`needs ${job.needs.join(', ')}`] : []),
    ...(job.if === undefined ? [] : [conditionWords(job.if)]),
    ...(job.fleet === undefined ? [] : [fleetWords(job.fleet)]),
    ...(job.environment === undefined ? [] : [environmentWords(job.environment)]),
    ...(job.concurrency === undefined ? [] : [`one at a time: ${concurrencyWords(job.concurrency)}`]),
    ...(job.retry === undefined ? [] : [retryWords(job.retry)]),
    ...(job.matrix === undefined ? [] : [matrixWords(job.matrix)]),
  ];
  const inside = `${indent}  `;
  return [
    `${indent}${job.key}: ${facts.join('; ')}`,
    ...cellNames(job.matrix).map((name) => `${inside}${name}`),
    ...Object.entries(job.calls?.with ?? {}).map(([name, value]) => `${inside}with ${name}: ${known(value)}`),
    ...job.steps.flatMap((step) => stepLines(step, inside)),
  ];
}

/** Cells that are shown; the JSON has all. */
const mostCells = 20;

function cellNames(matrix: MatrixOutline | undefined): readonly string[] {
  if (matrix === undefined || !('cells' in matrix)) return [];
  const names = matrix.cells.map(({ key }) => key);
  if (names.length <= mostCells) return names;
  return [...names.slice(0, mostCells), `and ${names.length - mostCells} more cells`];
}

function matrixWords(matrix: MatrixOutline): string {
  if ('error' in matrix) return `its matrix fails: ${matrix.error}`;
  if ('decided_by' in matrix) {
    const axes = matrix.axes.length === 0 ? 'a matrix' : `a matrix of ${matrix.axes.join(' x ')}`;
    return `${axes}, ${decided(matrix.decided_by)}`;
  }
  const { cells, max_parallel, fail_fast } = matrix;
  const together = max_parallel >= cells.length ? 'together' : `${max_parallel} at a time`;
  const count = cells.length === 1 ? '1 cell' : `${cells.length} cells ${together}`;
  return `${count}, ${fail_fast ? 'all end when one fails' : 'each to its own end'}`;
}

function fleetWords({ hosts, batch, max_failures, canary }: FleetOutline): string {
  return [
    `hosts: ${known(hosts)}`,
    ...(canary === undefined ? [] : [`canary ${known(canary)}`]),
    ...(batch === undefined ? [] : [`batches of ${known(batch)}`]),
    max_failures === undefined ? 'stops at the first that fails' : `stops when more than ${known(max_failures)} failed`,
  ].join(', ');
}

function environmentWords({ name, url, approval }: EnvironmentOutline): string {
  const where = `environment ${known(name)}${url === undefined ? '' : ` at ${known(url)}`}`;
  if (approval === undefined) return where;
  const who =
    'value' in approval.approvers && Array.isArray(approval.approvers.value)
      ? approval.approvers.value.join(' or ') || 'anybody'
      : known(approval.approvers);
  const within = approval.timeout_ms === undefined ? '' : ` within ${formatDuration(approval.timeout_ms)}`;
  return `${where}, waits for approval by ${who}${within}`;
}
