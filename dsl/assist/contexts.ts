import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { NodeCatalogue } from '../api.ts';
import { jobShape, runnerShape, strategyShape, tenantShape, workflowShape } from '../check/known-shapes.ts';
import type { Shape } from '../expressions/api.ts';
import { functionRules } from '../expressions/functions.ts';
import { knownContexts } from '../expressions/scopes.ts';
import type { Place } from './place.ts';

/** One thing that could stand at the cursor. */
export interface Suggestion {
  readonly text: string;
  /** A word on what it is. */
  readonly detail?: string;
  /** What is said of it. */
  readonly info?: string;
}

/** Where an expression stands, and what the file says as far as it can be read. */
export interface ExpressionPlace {
  readonly path: Place['path'];
  readonly said: Json;
  readonly catalogue: NodeCatalogue;
}

const stepFields: readonly string[] = ['outputs', 'outcome', 'conclusion'];
const ends: readonly string[] = ['result', 'outputs'];

/** What can follow in an expression: contexts and functions, or what is in the context that is written. */
export function suggestionsIn(written: string, place: ExpressionPlace): readonly Suggestion[] {
  const access = /([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\.[\w-]*$/u.exec(written);
  if (access === null) {
    return [
      ...knownContexts.map((text) => ({ text })),
      ...functionRules.map(({ name, usage }) => ({ text: name, detail: usage })),
    ];
  }
  const [context = '', ...rest] = (access[1] ?? '').split('.');
  return namesIn(context.toLowerCase(), rest, place).map((text) => ({ text }));
}

function namesIn(context: string, rest: readonly string[], place: ExpressionPlace): readonly string[] {
  const { said } = place;
  const job = place.path[0] === 'jobs' ? recordAt(said, ['jobs', place.path[1] ?? '']) : undefined;
  const [first, second] = rest;
  switch (context) {
    case 'inputs':
      return first === undefined
        ? [...keysAt(said, ['on', 'manual', 'inputs']), ...keysAt(said, ['on', 'workflow_call', 'inputs'])]
        : [];
    case 'env':
      return [...keysAt(said, ['env']), ...Object.keys(recordAt(job ?? null, ['env']) ?? {})];
    case 'needs':
      if (first === undefined) return [job?.['needs'] ?? []].flat().filter((need) => typeof need === 'string');
      return ofJob(said, first, second);
    case 'jobs':
      return first === undefined ? keysAt(said, ['jobs']) : ofJob(said, first, second);
    case 'matrix':
      return Object.keys(recordAt(job ?? null, ['strategy', 'matrix']) ?? {}).filter(
        (key) => key !== 'include' && key !== 'exclude',
      );
    case 'steps':
      return ofSteps(stepsIn(job?.['steps']), rest, place.catalogue);
    case 'each':
      return first === undefined ? ['value', 'index'] : [];
    default:
      return first === undefined ? fixedNames(context) : [];
  }
}

/** What is in the contexts that are the same in every file. */
function fixedNames(context: string): readonly string[] {
  const shape = Object.hasOwn(fixedShapes, context) ? fixedShapes[context] : undefined;
  return shape?.kind === 'object' ? Object.keys(shape.properties) : [];
}

const fixedShapes: Readonly<Record<string, Shape>> = {
  job: jobShape,
  runner: runnerShape,
  strategy: strategyShape,
  tenant: tenantShape,
  workflow: workflowShape,
};

function ofJob(said: Json, job: string, second: string | undefined): readonly string[] {
  if (second === undefined) return ends;
  return second === 'outputs' ? keysAt(said, ['jobs', job, 'outputs']) : [];
}

function ofSteps(
  steps: readonly JsonObject[],
  [id, second]: readonly string[],
  catalogue: NodeCatalogue,
): readonly string[] {
  if (id === undefined) return steps.flatMap((step) => (typeof step['id'] === 'string' ? [step['id']] : []));
  if (second === undefined) return stepFields;
  if (second !== 'outputs') return [];
  const step = steps.find((one) => one['id'] === id);
  const uses = step?.['uses'];
  const found = typeof uses === 'string' ? catalogue.find(uses) : undefined;
  const named = keysAt(step ?? null, ['with', 'outputs']);
  return found !== undefined && 'node' in found ? [...Object.keys(found.node.outputs), ...named] : named;
}

/** All steps of a job, those within others, too. */
function stepsIn(list: Json | undefined): readonly JsonObject[] {
  if (!isJsonList(list)) return [];
  return list.flatMap((step): readonly JsonObject[] => {
    if (!isJsonObject(step)) return [];
    const inputs = isJsonObject(step['with']) ? step['with'] : {};
    return [step, ...['then', 'else', 'steps'].flatMap((name) => stepsIn(inputs[name]))];
  });
}

function recordAt(value: Json, path: readonly string[]): JsonObject | undefined {
  let found: Json | undefined = value;
  for (const key of path) found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return isJsonObject(found) ? found : undefined;
}

function keysAt(value: Json, path: readonly string[]): readonly string[] {
  return Object.keys(recordAt(value, path) ?? {});
}
