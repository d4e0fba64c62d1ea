import { evaluateTemplate, toText } from '../../dsl/expressions/index.ts';
import type { JsonObject, Template } from '../../schemas/index.ts';
import type { Result } from './errors.ts';
import { type Path, pathsOf, reads } from './references.ts';
import { entriesOf } from './templates.ts';

/**
 * The `env` context as a machine may know it. The machine holds no secret: a key whose value reads one has a mask in `values`,
 * which says no more than whether it is set, and is named in `masked`.
 */
export interface Environment {
  readonly values: JsonObject;
  readonly masked: readonly string[];
}

/** No layer at all. */
export const emptyEnvironment: Environment = { values: {}, masked: [] };

/** What stands for a secret that the run was given. */
const mask = '***';

/** What a layer is evaluated over: contexts without `env` and `secrets`, and the names of the run's secrets. */
export interface LayerPlace {
  readonly contexts: JsonObject;
  readonly secrets: readonly string[];
  /** Where given, only the keys that these paths read are evaluated; the others would be evaluated for nothing. */
  readonly wanted?: readonly Path[];
}

/** Puts the layer of an `env:` over those outside it. Its values may read the outer layers, and become text. */
export function addLayer(outer: Environment, layer: Template, place: LayerPlace): Result<Environment> {
  const secrets = Object.fromEntries(place.secrets.map((name) => [name, mask]));
  const contexts: JsonObject = { ...place.contexts, env: outer.values, secrets };
  const values: [string, string][] = [];
  const masked = new Set(outer.masked);
  for (const [key, template] of entriesOf(layer)) {
    if (place.wanted !== undefined && !reads(place.wanted, 'env', key)) continue;
    const evaluation = evaluateTemplate(template, { contexts });
    if ('error' in evaluation) return evaluation;
    values.push([key, toText(evaluation.ok)]);
    if (readsSecret(pathsOf(template), outer)) masked.add(key);
    else masked.delete(key);
  }
  return { ok: { values: { ...outer.values, ...Object.fromEntries(values) }, masked: [...masked] } };
}

/** The values that may leave the machine: without the masked ones, which the agent evaluates itself. */
export function withoutMasked(environment: Environment): JsonObject {
  if (environment.masked.length === 0) return environment.values;
  const hidden = new Set(environment.masked);
  return Object.fromEntries(Object.entries(environment.values).filter(([key]) => !hidden.has(key)));
}

function readsSecret(paths: readonly Path[], outer: Environment): boolean {
  return reads(paths, 'secrets') || outer.masked.some((key) => reads(paths, 'env', key));
}
