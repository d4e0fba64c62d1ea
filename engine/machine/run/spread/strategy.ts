import type { EvaluationEnvironment } from '../../../../dsl/expressions/api.ts';
import {
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type StrategyPlan,
  type Template,
} from '../../../../schemas/index.ts';
import { errorAt, type Result } from '../../errors.ts';
import { countUpTo, type Field, flagOf, unfit, valueOf } from '../../templates.ts';
import { type MatrixValues, spreadMatrix } from './matrix.ts';

/** How a job spreads out. `cells` are the `matrix` contexts; `spread` is false for a job without a matrix, which is one cell. */
export interface Strategy {
  readonly fail_fast: boolean;
  readonly max_parallel: number;
  readonly spread: boolean;
  readonly cells: readonly JsonObject[];
}

/** The strategy of a job that says nothing about it. */
const plain: Strategy = { fail_fast: true, max_parallel: 1, spread: false, cells: [{}] };

/** Evaluates `strategy:` and spreads its matrix out. */
export function strategyOf(strategy: StrategyPlan | undefined, environment: EvaluationEnvironment): Result<Strategy> {
  if (strategy === undefined) return { ok: plain };
  const { at } = strategy;
  const failFast = flagOf(strategy.fail_fast, environment, { name: 'fail-fast', at });
  if ('error' in failFast) return failFast;
  const cells = cellsOf(strategy, environment);
  if ('error' in cells) return cells;
  const count = cells.ok?.length ?? 1;
  const parallel =
    strategy.max_parallel === undefined
      ? { ok: count }
      : countUpTo(Number.MAX_SAFE_INTEGER)(strategy.max_parallel, environment, { name: 'max-parallel', at });
  if ('error' in parallel) return parallel;
  return {
    ok: {
      fail_fast: failFast.ok,
      max_parallel: parallel.ok,
      spread: cells.ok !== undefined,
      cells: cells.ok ?? plain.cells,
    },
  };
}

/** The `strategy` context of one cell. */
export function strategyContext(strategy: Strategy, index: number): JsonObject {
  return {
    'fail-fast': strategy.fail_fast,
    'job-index': index,
    'job-total': strategy.cells.length,
    'max-parallel': strategy.max_parallel,
  };
}

/** Undefined where there is no matrix. */
function cellsOf(
  strategy: StrategyPlan,
  environment: EvaluationEnvironment,
): Result<readonly JsonObject[] | undefined> {
  const values =
    strategy.whole_matrix === undefined
      ? partsOf(strategy, environment)
      : wholeOf(strategy.whole_matrix, environment, { name: 'matrix', at: strategy.at });
  if ('error' in values) return values;
  if (values.ok === undefined) return { ok: undefined };
  const spread = spreadMatrix(values.ok);
  return 'ok' in spread ? spread : { error: errorAt(strategy.at, spread.problem) };
}

function partsOf(strategy: StrategyPlan, environment: EvaluationEnvironment): Result<MatrixValues | undefined> {
  const { matrix, include, exclude, at } = strategy;
  if (matrix.length === 0 && include.kind === 'literal' && isEmptyList(include.value)) return { ok: undefined };
  const axes: [string, readonly Json[]][] = [];
  for (const [name, template] of matrix) {
    const values = listOf(template, environment, { name: `the axis ${name}`, at });
    if ('error' in values) return values;
    axes.push([name, values.ok]);
  }
  const included = objectsOf(include, environment, { name: 'include', at });
  if ('error' in included) return included;
  const excluded = objectsOf(exclude, environment, { name: 'exclude', at });
  if ('error' in excluded) return excluded;
  return { ok: { axes, include: included.ok, exclude: excluded.ok } };
}

/** `matrix: ${{ fromJSON(…) }}`: an object with the axes, `include` and `exclude`. */
function wholeOf(template: Template, environment: EvaluationEnvironment, field: Field): Result<MatrixValues> {
  const value = valueOf(template, environment);
  if ('error' in value) return value;
  if (!isJsonObject(value.ok)) return unfit(template, field, { expected: 'an object of axes', value: value.ok });
  const { include = [], exclude = [], ...axes } = value.ok;
  const lists = Object.entries(axes);
  for (const [name, list] of lists) {
    if (!isJsonList(list))
      return unfit(template, { ...field, name: `the axis ${name}` }, { expected: 'a list', value: list });
  }
  if (!isObjectList(include))
    return unfit(template, { ...field, name: 'include' }, { expected: 'a list of objects', value: include });
  if (!isObjectList(exclude))
    return unfit(template, { ...field, name: 'exclude' }, { expected: 'a list of objects', value: exclude });
  return { ok: { axes: lists.map(([name, list]) => [name, isJsonList(list) ? list : []]), include, exclude } };
}

function listOf(template: Template, environment: EvaluationEnvironment, field: Field): Result<readonly Json[]> {
  const value = valueOf(template, environment);
  if ('error' in value) return value;
  return isJsonList(value.ok) ? { ok: value.ok } : unfit(template, field, { expected: 'a list', value: value.ok });
}

function objectsOf(
  template: Template,
  environment: EvaluationEnvironment,
  field: Field,
): Result<readonly JsonObject[]> {
  const value = valueOf(template, environment);
  if ('error' in value) return value;
  return isObjectList(value.ok)
    ? { ok: value.ok }
    : unfit(template, field, { expected: 'a list of objects', value: value.ok });
}

function isObjectList(value: Json): value is readonly JsonObject[] {
  return isJsonList(value) && value.every(isJsonObject);
}

function isEmptyList(value: Json): boolean {
  return isJsonList(value) && value.length === 0;
}
