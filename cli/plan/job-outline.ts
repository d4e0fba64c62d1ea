import { cellNames } from '../../engine/machine/run/spread/matrix.ts';
import { strategyOf } from '../../engine/machine/run/spread/strategy.ts';
import type {
  PlannedConcurrency,
  PlannedEnvironment,
  PlannedFleet,
  PlannedJob,
  StrategyPlan,
  Template,
} from '../../schemas/index.ts';
import type { ConcurrencyOutline, EnvironmentOutline, FleetOutline, JobOutline, MatrixOutline } from './api.ts';
import { contextsOf, type Known, openIn, shown, shownCondition } from './known.ts';
import { retryOutline } from './retry-outline.ts';
import { type GrantsOfSteps, stepOutline } from './step-outline.ts';

/** Where a job stands, and what is known there. */
export interface JobPlace {
  readonly known: Known;
  readonly grants: GrantsOfSteps;
  readonly key: string;
  readonly wave: number;
}

/** A job as far as it is known before a run; of a call without what it calls. */
export function jobOutline(job: PlannedJob, { known, grants, key, wave }: JobPlace): JobOutline {
  return {
    key,
    id: job.id,
    ...(job.name === undefined ? {} : { name: shown(job.name, known) }),
    wave,
    needs: job.needs,
    ...(job.if === undefined ? {} : { if: shownCondition(job.if, known) }),
    ...(job.calls === undefined ? { queue: shown(job.runs_on, known) } : {}),
    ...(job.strategy === undefined ? {} : matrixField(job.strategy, known, key)),
    ...(job.fleet === undefined ? {} : { fleet: fleetOutline(job.fleet, known) }),
    ...(job.environment === undefined ? {} : { environment: environmentOutline(job.environment, known) }),
    ...(job.concurrency === undefined ? {} : { concurrency: concurrencyOutline(job.concurrency, known) }),
    ...(job.retry === undefined ? {} : { retry: retryOutline(job.retry, known) }),
    timeout_minutes: shown(job.timeout_minutes, known),
    steps: job.steps.map((step) => stepOutline(step, { known, grants, job: key, prefix: '' })),
  };
}

/** `concurrency:` of a workflow or job. */
export function concurrencyOutline(
  { group, cancel_in_progress }: PlannedConcurrency,
  known: Known,
): ConcurrencyOutline {
  return { group: shown(group, known), cancel_in_progress: shown(cancel_in_progress, known) };
}

/** The cells, as the run machine spreads them out, where nothing of them is open. A strategy without a matrix has none. */
function matrixField(strategy: StrategyPlan, known: Known, key: string): Pick<JobOutline, 'matrix'> {
  const open = [...new Set(templatesIn(strategy).flatMap((template) => openIn(template, known)))];
  if (open.length > 0) {
    const axes = strategy.matrix.map(([axis]) => axis);
    return { matrix: { axes, decided_by: open } };
  }
  const spread = strategyOf(strategy, { contexts: contextsOf(known) });
  if ('error' in spread) return { matrix: { error: spread.error.message } };
  const { cells, max_parallel, fail_fast } = spread.ok;
  if (!spread.ok.spread) return {};
  const names = cellNames(key, cells);
  const matrix: MatrixOutline = {
    cells: cells.map((values, index) => ({ key: names[index] ?? key, values })),
    max_parallel,
    fail_fast,
  };
  return { matrix };
}

function templatesIn({
  whole_matrix,
  matrix,
  include,
  exclude,
  fail_fast,
  max_parallel,
}: StrategyPlan): readonly Template[] {
  return [whole_matrix, ...matrix.map(([, values]) => values), include, exclude, fail_fast, max_parallel].filter(
    (template) => template !== undefined,
  );
}

function fleetOutline({ hosts, batch, max_failures, canary }: PlannedFleet, known: Known): FleetOutline {
  return {
    hosts: shown(hosts, known),
    ...(batch === undefined ? {} : { batch: shown(batch, known) }),
    ...(max_failures === undefined ? {} : { max_failures: shown(max_failures, known) }),
    ...(canary === undefined ? {} : { canary: shown(canary, known) }),
  };
}

function environmentOutline({ name, url, approval }: PlannedEnvironment, known: Known): EnvironmentOutline {
  return {
    name: shown(name, known),
    ...(url === undefined ? {} : { url: shown(url, known) }),
    ...(approval === undefined
      ? {}
      : {
          approval: {
            approvers: shown(approval.approvers, known),
            ...(approval.timeout_ms === undefined ? {} : { timeout_ms: approval.timeout_ms }),
          },
        }),
  };
}
