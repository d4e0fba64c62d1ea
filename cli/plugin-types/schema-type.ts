import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { commentOf } from './comment.ts';

/** Which way values go: `given` to the plugin, with defaults filled in, or `returned` by it, before they are. */
export type Direction = 'given' | 'returned';

/** A field of an object: its name, its schema, and whether `required` has it. */
export interface TypedField {
  readonly name: string;
  readonly schema: Json;
  readonly isRequired: boolean;
}

/**
 * A JSON Schema of draft 7 -> the TypeScript of its values. What no type can say (patterns, bounds, `not`) is left out, so that the type takes
 * every value that the schema takes. `indent` is what the lines of an object begin with.
 */
export function typeOfSchema(schema: Json, direction: Direction, indent = ''): string {
  if (!isJsonObject(schema)) return anyValue(direction);
  if (Object.hasOwn(schema, 'const')) return literalOf(schema['const'] ?? null);
  const choices = schema['enum'];
  if (isJsonList(choices)) return unionOf(choices.map(literalOf));
  const all = schema['allOf'];
  if (isJsonList(all)) return intersectionOf(partsOf(schema, all), direction, indent);
  const branches = schema['oneOf'] ?? schema['anyOf'];
  // Where a branch speaks of something else than the type, as `{ required: [a] }` does, the schema around it has the type.
  if (isJsonList(branches) && branches.every(saysType))
    return unionOf(branches.map((branch) => typeOfSchema(branch, direction, indent)));
  const { type } = schema;
  if (type === undefined) return anyValue(direction);
  const names: readonly Json[] = isJsonList(type) ? type : [type];
  return unionOf(names.map((name) => typeNamed(name, { schema, direction, indent })));
}

/** The lines of an object's fields, each with its comment; those that may be missing with `?`. */
export function fieldLines(fields: readonly TypedField[], direction: Direction, indent: string): readonly string[] {
  return fields.flatMap(({ name, schema, isRequired }) => {
    const filledIn = isJsonObject(schema) ? schema['default'] : undefined;
    const isThere = direction === 'given' ? isRequired || filledIn !== undefined : isRequired && filledIn === undefined;
    const type = typeOfSchema(schema, direction, indent);
    const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    return [...commentOf(schema, indent), `${indent}readonly ${key}${isThere ? '' : '?'}: ${type};`];
  });
}

interface Typed {
  readonly schema: JsonObject;
  readonly direction: Direction;
  readonly indent: string;
}

function typeNamed(name: Json, typed: Typed): string {
  switch (name) {
    case 'string':
    case 'number':
    case 'boolean':
    case 'null':
      return name;
    case 'integer':
      return 'number';
    case 'array':
      return arrayType(typed);
    case 'object':
      return objectType(typed);
    default:
      return anyValue(typed.direction);
  }
}

function arrayType({ schema, direction, indent }: Typed): string {
  const { items } = schema;
  if (!isJsonList(items)) return `readonly ${grouped(typeOfSchema(items ?? true, direction, indent))}[]`;
  const types = items.map((item) => typeOfSchema(item, direction, indent));
  const isOpen = schema['additionalItems'] !== false;
  const fewest = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
  if (!isOpen && fewest >= types.length) return `readonly [${types.join(', ')}]`;
  const others = isOpen ? [typeOfSchema(schema['additionalItems'] ?? true, direction, indent)] : [];
  return `readonly ${grouped(unionOf([...types, ...others]))}[]`;
}

/**
 * What a schema with `properties` doesn't name is taken for a slip, although draft 7 lets it be there: only `additionalProperties` says that it
 * is meant.
 */
function objectType({ schema, direction, indent }: Typed): string {
  const properties = isJsonObject(schema['properties']) ? schema['properties'] : {};
  const required = isJsonList(schema['required']) ? schema['required'] : [];
  const names = Object.keys(properties);
  const more = schema['additionalProperties'];
  if (names.length === 0) {
    if (more === false) return '{ readonly [name: string]: never }';
    if (isJsonObject(more)) return `{ readonly [name: string]: ${typeOfSchema(more, direction, indent)} }`;
    // An interface of the plugin's own has no index signature, and is an object all the same.
    return direction === 'given' ? '{ readonly [name: string]: Json }' : 'object';
  }
  const inner = `${indent}  `;
  const fields = names.map((name) => ({ name, schema: properties[name] ?? true, isRequired: required.includes(name) }));
  const isOpen = more !== undefined && more !== false;
  const others = direction === 'given' ? 'Json | undefined' : 'unknown';
  const index = isOpen ? [`${inner}readonly [name: string]: ${others};`] : [];
  return `{\n${[...fieldLines(fields, direction, inner), ...index].join('\n')}\n${indent}}`;
}

function anyValue(direction: Direction): string {
  return direction === 'given' ? 'Json' : 'unknown';
}

/** Whether a schema says of which type a value is. */
function saysType(schema: Json): boolean {
  return isJsonObject(schema) && typeWords.some((word) => Object.hasOwn(schema, word));
}

const typeWords = ['type', 'enum', 'const', 'oneOf', 'anyOf', 'allOf'];

/** What `allOf` says of the type, and the schema around it; properties that a part only requires are required there. */
function partsOf(schema: JsonObject, all: readonly Json[]): readonly Json[] {
  const required = [schema, ...all].flatMap((part) => {
    const names = isJsonObject(part) && (part === schema || !saysType(part)) ? part['required'] : undefined;
    return isJsonList(names) ? names : [];
  });
  return [...all, { ...without(schema, 'allOf'), required }].filter(saysType);
}

function without(schema: JsonObject, word: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== word));
}

function intersectionOf(schemas: readonly Json[], direction: Direction, indent: string): string {
  const types = schemas.map((schema) => typeOfSchema(schema, direction, indent));
  return types.length === 0 ? anyValue(direction) : [...new Set(types)].map(grouped).join(' & ');
}

function unionOf(types: readonly string[]): string {
  return types.length === 0 ? 'never' : [...new Set(types)].join(' | ');
}

/** Within a list or an intersection; braces may stand around a `|` that is none of its own, and then around all of it. */
function grouped(type: string): string {
  return /^\{[^{}]*\}$|^[^|& ]+$/.test(type) ? type : `(${type})`;
}

function literalOf(value: Json): string {
  if (isJsonList(value)) return `readonly [${value.map(literalOf).join(', ')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([key, item]) => `readonly ${JSON.stringify(key)}: ${literalOf(item)}`);
  return fields.length === 0 ? '{ readonly [name: string]: never }' : `{ ${fields.join('; ')} }`;
}
