import { evaluateApart, parseTemplate } from '../../../dsl/expressions/index.ts';
import {
  type EvaluatedTemplate,
  isJsonList,
  isJsonObject,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type Permissions,
  type Template,
  type WaterflowError,
} from '../../../schemas/index.ts';
import type { Grant } from '../api.ts';
import { brandGrant } from '../brand.ts';
import { computeGrant } from '../compute-grant.ts';
import { testGrantRequest } from './grant.ts';

/** Where entries may hold expressions. */
export const ways = ['a manifest', 'a layer of a workflow file'] as const;

/** One of {@link ways}. */
export type Way = (typeof ways)[number];

/** Entries with expressions, and the inputs that these read. */
export interface FilledEntries {
  readonly permissions: Permissions;
  readonly inputs: JsonObject;
}

/** The grant that the entries give by themselves: of a layer, what the other layers leave isn't asked. */
export function grantOf(
  way: Way,
  { permissions, inputs }: FilledEntries,
): { readonly grant: Grant } | { readonly error: WaterflowError } {
  if (way === 'a manifest') return computeGrant(testGrantRequest({ manifest: permissions, inputs }));
  const layers = [filledLayer({ permissions, inputs })];
  const computed = computeGrant({ ...testGrantRequest({ manifest: {} }), layers });
  if ('error' in computed) return computed;
  const { capabilities, ...rest } = computed.grant;
  const alone = [...capabilities].map(
    ([name, granted]) =>
      [name, { ...granted, layers: granted.layers.filter(({ layer }) => layer === 'step') }] as const,
  );
  return { grant: brandGrant({ ...rest, capabilities: new Map(alone) }) };
}

/** A step's permissions, as the engine hands them over. */
export function filledLayer({ permissions, inputs }: FilledEntries): PermissionLayer {
  const entries = Object.entries(permissions).map(
    ([name, list]) => [name, list.map((entry) => evaluated(entry, inputs))] as const,
  );
  return { version: 2, layer: 'step', entries: Object.fromEntries(entries), at };
}

const at = { file: 'ci.yml', line: 7, column: 5 };

function evaluated(entry: JsonObject, inputs: JsonObject): EvaluatedTemplate {
  const evaluation = evaluateApart(templateOf(entry), { contexts: { inputs } });
  if ('error' in evaluation) throw new TypeError(evaluation.error.message);
  return evaluation.ok;
}

function templateOf(value: Json): Template {
  if (typeof value === 'string') return parseTemplate(value, () => at).template;
  if (isJsonList(value)) return { kind: 'array', items: value.map(templateOf) };
  if (!isJsonObject(value)) return { kind: 'literal', value };
  return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, templateOf(item)] as const) };
}
