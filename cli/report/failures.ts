import { plannedJob, plannedStep } from '../../dsl/index.ts';
import type { RunSummary, StepSummary } from '../../engine/port.ts';
import type { Plan, Position, WaterflowError } from '../../schemas/index.ts';
import { placeText, renderRemedy } from './error.ts';
import { inOrder } from './names.ts';
import type { DisplayStatus, Style } from './style.ts';
import { plainLine, plainLogLine } from './text.ts';

/** The lines of workflow files by their names, where they are at hand. */
export type Sources = ReadonlyMap<string, readonly string[]>;

/** A step, or a job none of whose steps explains it, that didn't succeed. */
export interface Failure {
  readonly job: string;
  readonly step: string | undefined;
  readonly outcome: DisplayStatus;
  readonly error: WaterflowError;
  readonly at: Position | undefined;
  readonly lastLines: readonly string[];
}

/** What failed or was cancelled, in the order of the file. */
export function failuresOf(summary: RunSummary, plan: Plan): readonly Failure[] {
  return Object.entries(summary.jobs).flatMap(([key, job]) => {
    const planned = plannedJob(plan, key);
    const failed = inOrder(Object.entries(job.steps), planned).filter(([, step]) => step.outcome !== 'skipped');
    const steps = failed.flatMap(([stepKey, step]): readonly Failure[] =>
      step.error === undefined || failed.some((inner) => explains(inner, { key: stepKey, error: step.error }))
        ? []
        : [
            {
              job: key,
              step: stepKey,
              outcome: step.outcome,
              error: step.error,
              at: plannedStep(plan, key, stepKey)?.at,
              lastLines: step.last_lines ?? [],
            },
          ],
    );
    if (job.error === undefined || steps.length > 0) return steps;
    if (planned?.calls !== undefined && isExplainedInside(summary, key, job.error)) return [];
    return [{ job: key, step: undefined, outcome: job.status, error: job.error, at: planned?.at, lastLines: [] }];
  });
}

/** A job that calls a workflow fails by the first job in it that fails. */
function isExplainedInside({ jobs }: RunSummary, key: string, error: WaterflowError): boolean {
  return Object.entries(jobs).some(
    ([inner, job]) => inner.startsWith(`${key} / `) && job.error !== undefined && isSame(job.error, error),
  );
}

function isSame(one: WaterflowError, other: WaterflowError): boolean {
  return one.code === other.code && one.message === other.message;
}

/** A step that holds others fails by the first of them that fails, and that one says it better. */
function explains(
  [innerKey, { error: inner }]: readonly [string, StepSummary],
  { key, error }: { readonly key: string; readonly error: WaterflowError | undefined },
): boolean {
  const isInside = innerKey.startsWith(`${key}.`) || innerKey.startsWith(`${key}[`);
  return isInside && inner !== undefined && error !== undefined && isSame(inner, error);
}

/** A failure with its line of the workflow file, the remedy and the step's last lines; a cancellation needs no more than a line. */
export function renderFailure(
  failure: Failure,
  options: { readonly sources: Sources; readonly style: Style; readonly title: string },
): readonly string[] {
  const { error, at } = failure;
  const { sources, style, title } = options;
  const head = `${style.symbol(failure.outcome)} ${style.bold(title)}  ${error.code}: ${plainLine(error.message)}`;
  if (failure.outcome === 'cancelled') return [head];
  const place =
    error.line === undefined ? at : { file: error.file ?? at?.file ?? '', line: error.line, column: error.column ?? 1 };
  const code = place === undefined ? undefined : sources.get(place.file)?.[place.line - 1];
  return [
    head,
    ...(place === undefined ? [] : [`  at ${plainLine(placeText(place.file, place.line, place.column))}`]),
    ...(place === undefined || code === undefined ? [] : [style.dim(`  ${place.line} | ${plainLine(code)}`)]),
    ...renderRemedy(error),
    ...(failure.lastLines.length === 0
      ? []
      : ['  last lines:', ...failure.lastLines.map((line) => `    ${style.dim(plainLogLine(line))}`)]),
  ];
}
