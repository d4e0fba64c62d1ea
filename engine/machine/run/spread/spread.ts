import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import type { JobKey, JsonObject, PlannedJob } from '../../../../schemas/index.ts';
import { workflowContext } from '../../contexts.ts';
import type { Result } from '../../errors.ts';
import { pathsOf, reads } from '../../references.ts';
import { minutesOf, textOf, unfit, valueOf } from '../../templates.ts';
import { callFacts } from '../calls.ts';
import { environmentOf } from '../environment/environment.ts';
import { groupOf, groupsAround } from '../groups/groups.ts';
import type { JobPlace } from '../needs/decide.ts';
import { mergeOutputs } from '../needs/needs.ts';
import type { JobStart } from '../protocol.ts';
import type { CallStart, Cell, CellRerun, PartialRerun, SpreadJob } from '../state.ts';
import type { WorkflowTurn } from '../turn.ts';
import type { Fleet } from './fleet.ts';
import { cellNames, cellText } from './matrix.ts';
import { strategyContext, strategyOf } from './strategy.ts';

/** What a job is spread over, and what of it runs again. */
export interface Spread {
  readonly place: JobPlace;
  /** Of a fleet: its hosts and waves. */
  readonly fleet?: Fleet;
  readonly again?: PartialRerun | undefined;
}

/** Spreads a job into its cells, each with all that it needs to start. One field that can't be evaluated fails the job. */
export function spreadJob(workflow: WorkflowTurn, job: PlannedJob, spread: Spread): Result<SpreadJob> {
  const { fleet, again } = spread;
  const shape = fleet === undefined ? matrixShape(workflow, job, spread.place) : fleetShape(workflow, job, fleet);
  if ('error' in shape) return shape;
  const { seeds, fail_fast, max_parallel } = shape.ok;
  const cells: Cell[] = [];
  for (const seed of seeds) {
    const reused =
      again === undefined || Object.hasOwn(again.again, seed.key) ? undefined : endedBefore(again, seed.key);
    if (reused !== undefined) {
      cells.push(reused);
      continue;
    }
    const cell = cellOf({ workflow, job, place: spread.place }, seed, again?.again[seed.key]);
    if ('error' in cell) return cell;
    cells.push(cell.ok);
  }
  const outputs = cells.reduce<JsonObject>(
    (merged, { stage }) => (stage.state === 'ended' ? mergeOutputs(merged, stage.result.outputs) : merged),
    {},
  );
  const waves = fleet === undefined ? {} : { fleet: fleet.waves };
  return { ok: { state: 'spread', fail_fast, max_parallel, ...waves, cells, outputs } };
}

/** What the fields of each cell that is to start are evaluated over. */
export function cellPlaces({ cells }: SpreadJob, place: JobPlace): readonly EvaluationEnvironment[] {
  return cells.flatMap(({ stage }) => {
    if (stage.state !== 'queued') return [];
    const { matrix, strategy } = stage.start;
    return [{ contexts: { ...place.contexts, matrix, strategy } }];
  });
}

/** What tells a cell from the others of its job. */
interface CellSeed {
  readonly key: JobKey;
  readonly matrix: JsonObject;
  readonly strategy: JsonObject;
  readonly host?: string;
  /** What is put after a name that says nothing about the cell. */
  readonly mark?: string;
}

interface Shape {
  readonly seeds: readonly CellSeed[];
  readonly fail_fast: boolean;
  readonly max_parallel: number;
}

function matrixShape({ prefix }: WorkflowTurn, job: PlannedJob, { contexts }: JobPlace): Result<Shape> {
  const strategy = strategyOf(job.strategy, { contexts });
  if ('error' in strategy) return strategy;
  const { spread, cells, fail_fast, max_parallel } = strategy.ok;
  const names = spread ? cellNames(job.id, cells) : [job.id];
  const seeds = cells.map((matrix, index): CellSeed => {
    const marked = spread && !reads(pathsOf(job.name), 'matrix');
    return {
      key: keyOf(`${prefix}${names[index] ?? job.id}`),
      matrix,
      strategy: strategyContext(strategy.ok, index),
      ...(marked ? { mark: `(${cellText(matrix)})` } : {}),
    };
  });
  return { ok: { seeds, fail_fast, max_parallel } };
}

function fleetShape({ prefix }: WorkflowTurn, job: PlannedJob, { hosts, waves }: Fleet): Result<Shape> {
  const seeds = hosts.map(
    ({ host, mark }, index): CellSeed => ({
      key: keyOf(`${prefix}${job.id} ${mark}`),
      matrix: {},
      strategy: {
        'fail-fast': false,
        'job-index': index,
        'job-total': hosts.length,
        'max-parallel': Math.min(waves.batch, hosts.length),
      },
      host,
      mark,
    }),
  );
  return { ok: { seeds, fail_fast: false, max_parallel: hosts.length } };
}

/** The machine's names of cells are what a JobKey is. */
function keyOf(text: string): JobKey {
  return text as JobKey;
}

function endedBefore({ cells }: PartialRerun, key: JobKey): Cell | undefined {
  return cells.find((cell) => cell.key === key && cell.stage.state === 'ended');
}

interface CellPlace {
  readonly workflow: WorkflowTurn;
  readonly job: PlannedJob;
  readonly place: JobPlace;
}

function cellOf(whole: CellPlace, seed: CellSeed, rerun: CellRerun | undefined): Result<Cell> {
  const { workflow, job, place } = whole;
  const { facts } = workflow.state;
  const contexts: JsonObject = { ...place.contexts, matrix: seed.matrix, strategy: seed.strategy };
  const fields = fieldsOf(whole, { contexts });
  if ('error' in fields) return fields;
  const call = callOf(whole, { contexts }, rerun);
  if ('error' in call) return call;
  const { queue, timeout_ms, environment, group } = fields.ok;
  const start: JobStart = {
    id: job.id,
    key: seed.key,
    ...(workflow.key === undefined ? {} : { workflow: workflow.key }),
    facts,
    name: nameOf(workflow, seed, fields.ok.name),
    queue,
    ...(seed.host === undefined ? {} : { host: seed.host }),
    timeout_ms,
    matrix: seed.matrix,
    strategy: seed.strategy,
    needs: place.needs,
    ...(environment === undefined ? {} : { environment }),
    ...(rerun?.kind === 'step' ? { rerun: rerun.rerun } : {}),
  };
  return {
    ok: {
      key: seed.key,
      name: start.name,
      ...(seed.host === undefined ? {} : { host: seed.host }),
      ...(environment === undefined ? {} : { environment }),
      ...(group === undefined ? {} : { group }),
      stage: { state: 'queued', start, ...(call.ok === undefined ? {} : { call: call.ok }) },
    },
  };
}

interface CellFields extends Pick<Cell, 'environment' | 'group'> {
  readonly name: string | undefined;
  readonly queue: string;
  readonly timeout_ms: number;
}

function fieldsOf({ workflow, job }: CellPlace, own: EvaluationEnvironment): Result<CellFields> {
  const name = job.name === undefined ? { ok: undefined } : textOf(job.name, own);
  if ('error' in name) return name;
  const queue = queueOf(job, own);
  if ('error' in queue) return queue;
  const timeout = minutesOf(job.timeout_minutes, own, { name: 'timeout-minutes', at: job.at });
  if ('error' in timeout) return timeout;
  const environment = job.environment === undefined ? { ok: undefined } : environmentOf(job.environment, own);
  if ('error' in environment) return environment;
  const { plan, state } = workflow;
  const contexts = { ...own.contexts, workflow: workflowContext(plan, state.facts) };
  const group = groupOf(job.concurrency, { contexts }, groupsAround(workflow));
  if ('error' in group) return group;
  return {
    ok: {
      name: name.ok,
      queue: queue.ok,
      timeout_ms: timeout.ok,
      ...(environment.ok === undefined ? {} : { environment: environment.ok }),
      ...(group.ok === undefined ? {} : { group: group.ok }),
    },
  };
}

/** The queue of a job. */
export function queueOf(job: PlannedJob, environment: EvaluationEnvironment): Result<string> {
  const queue = valueOf(job.runs_on, environment);
  if ('error' in queue) return queue;
  if (typeof queue.ok === 'string' && queue.ok !== '') return { ok: queue.ok };
  return unfit(job.runs_on, { name: 'runs-on', at: job.at }, { expected: 'the name of a queue', value: queue.ok });
}

function callOf(
  { workflow, job }: CellPlace,
  environment: EvaluationEnvironment,
  rerun: CellRerun | undefined,
): Result<CallStart | undefined> {
  if (job.calls === undefined) return { ok: undefined };
  const facts = callFacts(workflow, { job, calls: job.calls }, environment);
  if ('error' in facts) return facts;
  return { ok: { facts: facts.ok, ...(rerun?.kind === 'called' ? { jobs: rerun.jobs } : {}) } };
}

/** A name that says nothing about the cell gets its values, as at GitHub; so names tell the cells apart. */
function nameOf({ namePrefix, prefix }: WorkflowTurn, { key, mark }: CellSeed, name: string | undefined): string {
  if (name === undefined || name === '') return `${namePrefix}${key.slice(prefix.length)}`;
  return mark === undefined ? `${namePrefix}${name}` : `${namePrefix}${name} ${mark}`;
}
