import type { EvaluationEnvironment } from '../../../dsl/expressions/api.ts';
import type { JobKey, JsonObject, PlannedJob } from '../../../schemas/index.ts';
import { type Decision, decide } from '../conditions.ts';
import { addLayer, emptyEnvironment } from '../environment.ts';
import type { Result } from '../errors.ts';
import { pathsOf, reads } from '../references.ts';
import { minutesOf, textOf, unfit, valueOf } from '../templates.ts';
import { cellNames, cellText } from './matrix.ts';
import { needsContext, statusOf, unsuccessfulNeeds } from './needs.ts';
import type { JobStart, RunFacts } from './protocol.ts';
import type { Cell, SpreadJob } from './state.ts';
import { runContexts } from '../contexts.ts';
import { type Strategy, strategyContext, strategyOf } from './strategy.ts';
import { jobsSoFar, type RunTurn } from './turn.ts';

/** Decides whether a job runs, all of whose needs have ended. */
export function decideJob(turn: RunTurn, job: PlannedJob): Decision {
  const jobs = jobsSoFar(turn);
  return decide(job.if, {
    status: statusOf(job, jobs),
    contexts: () => ({ ok: { ...runContexts(turn.run.facts), needs: needsContext(job, jobs) } }),
    evidence: () => unsuccessfulNeeds(job, jobs),
  });
}

/** Spreads a job into its cells, each with all that its job machine needs. One field that can't be evaluated fails the job. */
export function spreadJob(turn: RunTurn, job: PlannedJob): Result<SpreadJob> {
  const { facts } = turn.run;
  const outer = runContexts(facts);
  const env = addLayer(emptyEnvironment, turn.plan.env, { contexts: outer, secrets: facts.secrets });
  if ('error' in env) return env;
  const needs = needsContext(job, jobsSoFar(turn));
  const contexts: JsonObject = { ...outer, needs, env: env.ok.values };
  const strategy = strategyOf(job.strategy, { contexts });
  if ('error' in strategy) return strategy;
  const cells = cellsOf(job, strategy.ok, { contexts, facts, needs });
  if ('error' in cells) return cells;
  const { fail_fast, max_parallel } = strategy.ok;
  return { ok: { state: 'spread', fail_fast, max_parallel, cells: cells.ok, outputs: {} } };
}

interface CellPlace {
  readonly contexts: JsonObject;
  readonly facts: RunFacts;
  readonly needs: JsonObject;
}

function cellsOf(job: PlannedJob, strategy: Strategy, place: CellPlace): Result<readonly Cell[]> {
  const names = strategy.spread ? cellNames(job.id, strategy.cells) : [job.id];
  const cells: Cell[] = [];
  for (const [index, matrix] of strategy.cells.entries()) {
    // The names of the cells are what a JobKey is.
    const key = (names[index] ?? job.id) as JobKey;
    const context = strategyContext(strategy, index);
    const environment = { contexts: { ...place.contexts, matrix, strategy: context } };
    const fields = fieldsOf(job, environment);
    if ('error' in fields) return fields;
    const { name, queue, timeout_ms } = fields.ok;
    const start: JobStart = {
      id: job.id,
      key,
      facts: place.facts,
      name: nameOf(job, { key, name, matrix, spread: strategy.spread }),
      queue,
      timeout_ms,
      matrix,
      strategy: context,
      needs: place.needs,
    };
    cells.push({ key, name: start.name, stage: { state: 'queued', start } });
  }
  return { ok: cells };
}

interface CellFields {
  readonly name: string | undefined;
  readonly queue: string;
  readonly timeout_ms: number;
}

function fieldsOf(job: PlannedJob, environment: EvaluationEnvironment): Result<CellFields> {
  const name = job.name === undefined ? { ok: undefined } : textOf(job.name, environment);
  if ('error' in name) return name;
  const queue = valueOf(job.runs_on, environment);
  if ('error' in queue) return queue;
  if (typeof queue.ok !== 'string' || queue.ok === '') {
    return unfit(job.runs_on, { name: 'runs-on', at: job.at }, { expected: 'the name of a queue', value: queue.ok });
  }
  const timeout = minutesOf(job.timeout_minutes, environment, { name: 'timeout-minutes', at: job.at });
  if ('error' in timeout) return timeout;
  return { ok: { name: name.ok, queue: queue.ok, timeout_ms: timeout.ok } };
}

/** A name that says nothing about the cell gets its values, as at GitHub; so names tell the cells apart. */
function nameOf(
  job: PlannedJob,
  cell: {
    readonly key: string;
    readonly name: string | undefined;
    readonly matrix: JsonObject;
    readonly spread: boolean;
  },
): string {
  if (cell.name === undefined || cell.name === '') return cell.key;
  return cell.spread && !reads(pathsOf(job.name), 'matrix') ? `${cell.name} (${cellText(cell.matrix)})` : cell.name;
}
