import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { Place } from './place.ts';

/** What the schema of workflow files says of a place: each schema that may hold there. */
export function schemasAt(base: JsonObject, path: Place['path']): readonly JsonObject[] {
  let found: readonly JsonObject[] = variants(base, base);
  for (const step of withoutBodies(path)) {
    found = found.flatMap((schema) => {
      const inner = step === null ? schema['items'] : memberOf(schema, step);
      return isJsonObject(inner) ? variants(base, inner) : [];
    });
  }
  return found;
}

/** The lists of steps that control nodes take are as any other. */
function withoutBodies(path: Place['path']): Place['path'] {
  const body = path.findIndex(
    (step, index) => step === 'with' && path[index - 1] === null && isBody(path[index + 1]) && path[index + 2] === null,
  );
  return body === -1 ? path : withoutBodies(path.toSpliced(body, 3));
}

/** Whether a key, or an input of a control node, holds steps. */
export function isBody(key: string | null | undefined): boolean {
  return key === 'steps' || key === 'then' || key === 'else';
}

/** The keys that mappings of these schemas may have, with what is said of each. */
export function keysOf(schemas: readonly JsonObject[], base: JsonObject): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  for (const { properties } of schemas) {
    if (!isJsonObject(properties)) continue;
    for (const [key, schema] of Object.entries(properties)) {
      if (!keys.has(key)) keys.set(key, isJsonObject(schema) ? descriptionOf(variants(base, schema)) : '');
    }
  }
  return keys;
}

/** The values that these schemas name. */
export function valuesOf(schemas: readonly JsonObject[]): readonly string[] {
  const values = schemas.flatMap((schema): readonly Json[] => [
    ...(isJsonList(schema['enum']) ? schema['enum'] : []),
    ...(schema['const'] === undefined ? [] : [schema['const']]),
    ...([schema['type']].flat().includes('boolean') ? [true, false] : []),
  ]);
  return [...new Set(values.filter((value) => typeof value !== 'object').map(String))];
}

/** What they say of what stands there. */
export function descriptionOf(schemas: readonly JsonObject[]): string {
  const said = schemas.map(({ description }) => description).find((description) => typeof description === 'string');
  return typeof said === 'string' ? said : '';
}

function memberOf(schema: JsonObject, key: string): Json | undefined {
  const { properties, additionalProperties } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) return properties[key];
  return isJsonObject(additionalProperties) ? additionalProperties : undefined;
}

/** A schema, and those that it refers to or chooses from; what it says itself comes first. */
function variants(base: JsonObject, schema: JsonObject): readonly JsonObject[] {
  const { $ref } = schema;
  const name = typeof $ref === 'string' ? $ref.slice('#/definitions/'.length) : undefined;
  const { definitions } = base;
  const referred = name !== undefined && isJsonObject(definitions) ? definitions[name] : undefined;
  const others = [referred, ...listed(schema['oneOf']), ...listed(schema['anyOf'])];
  return [schema, ...others.flatMap((other) => (isJsonObject(other) ? variants(base, other) : []))];
}

function listed(value: Json | undefined): readonly Json[] {
  return isJsonList(value) ? value : [];
}
