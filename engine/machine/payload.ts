import { matchCheaply } from '../../dsl/pattern.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject, sameJson } from '../../schemas/index.ts';
import { shown } from './templates.ts';

/** What is wrong with a payload: where in it (`payload.items[2].id`), and what. */
export interface PayloadProblem {
  readonly path: string;
  readonly reason: string;
}

/** Checks one keyword of a schema against the value at a path. */
type KeywordCheck = (given: Given) => PayloadProblem | undefined;

interface Given {
  readonly value: Json;
  /** What the keyword says. */
  readonly says: Json;
  readonly schema: JsonObject;
  readonly path: string;
}

/**
 * The first thing that is wrong with a payload by its JSON Schema, undefined where nothing is. It interprets the keywords that the reader of a
 * workflow lets through (dsl/check/payload-schema.ts), since a machine can't compile code; any other is a problem as well.
 */
export function payloadProblem(schema: JsonObject, value: Json, path = 'payload'): PayloadProblem | undefined {
  for (const [keyword, says] of Object.entries(schema)) {
    const check = Object.hasOwn(checks, keyword) ? checks[keyword] : undefined;
    if (check === undefined) return { path, reason: `can't be checked by ${keyword}, which is no keyword here` };
    const problem = check({ value, says, schema, path });
    if (problem !== undefined) return problem;
  }
  return undefined;
}

const note: KeywordCheck = () => undefined;

const checks: Readonly<Record<string, KeywordCheck>> = {
  $schema: note,
  $comment: note,
  title: note,
  description: note,
  default: note,
  examples: note,
  format: note,
  type: ({ value, says, path }) => {
    const types = isJsonList(says) ? says : [says];
    return fails(
      path,
      !types.some((type) => hasType(value, type)),
      `must be of type ${types.map(String).join(' or ')}`,
    );
  },
  enum: ({ value, says, path }) => {
    const options = listIn(says);
    const reason = `must be one of ${options.map(shown).join(', ')}`;
    return fails(path, !options.some((option) => sameJson(option, value)), reason);
  },
  const: ({ value, says, path }) => fails(path, !sameJson(says, value), `must be ${shown(says)}`),
  minimum: number((value, bound) => value >= bound, 'at least'),
  maximum: number((value, bound) => value <= bound, 'at most'),
  exclusiveMinimum: number((value, bound) => value > bound, 'more than'),
  exclusiveMaximum: number((value, bound) => value < bound, 'less than'),
  minLength: size(lengthOf, { least: true, what: 'characters' }),
  maxLength: size(lengthOf, { least: false, what: 'characters' }),
  pattern: ({ value, says, path }) => {
    if (typeof value !== 'string' || typeof says !== 'string') return undefined;
    // A pattern that could take very long isn't tried: the state of a run must not hang on a payload.
    const matches = matchCheaply(says, value);
    const reason = matches === undefined ? `is too long for the pattern ${says}` : `must match ${says}`;
    return fails(path, matches !== true, reason);
  },
  minItems: size(countOfItems, { least: true, what: 'items' }),
  maxItems: size(countOfItems, { least: false, what: 'items' }),
  items: ({ value, says, path }) => {
    if (!isJsonList(value) || !isJsonObject(says)) return undefined;
    return first(value, (item, index) => payloadProblem(says, item, `${path}[${index}]`));
  },
  minProperties: size(countOfKeys, { least: true, what: 'properties' }),
  maxProperties: size(countOfKeys, { least: false, what: 'properties' }),
  required: ({ value, says, path }) => {
    if (!isJsonObject(value)) return undefined;
    const missing = listIn(says).find((name) => typeof name === 'string' && !Object.hasOwn(value, name));
    return fails(path, missing !== undefined, `lacks ${shown(missing ?? null)}`);
  },
  properties: ({ value, says, path }) => {
    if (!isJsonObject(value) || !isJsonObject(says)) return undefined;
    return first(Object.entries(says), ([name, schema]) => {
      const inner = Object.hasOwn(value, name) ? value[name] : undefined;
      if (inner === undefined || !isJsonObject(schema)) return undefined;
      return payloadProblem(schema, inner, `${path}.${name}`);
    });
  },
  additionalProperties: ({ value, says, schema, path }) => {
    if (!isJsonObject(value)) return undefined;
    const declared = isJsonObject(schema['properties']) ? schema['properties'] : {};
    return first(Object.entries(value), ([name, inner]) => {
      if (Object.hasOwn(declared, name)) return undefined;
      if (isJsonObject(says)) return payloadProblem(says, inner, `${path}.${name}`);
      return fails(path, says === false, `may not have ${shown(name)}`);
    });
  },
  allOf: ({ value, says, path }) => first(schemasIn(says), (schema) => payloadProblem(schema, value, path)),
  anyOf: ({ value, says, path }) => {
    const problems = schemasIn(says).map((schema) => payloadProblem(schema, value, path));
    return fails(path, !problems.includes(undefined), 'fits none of the schemas of anyOf');
  },
  oneOf: ({ value, says, path }) => {
    const fit = schemasIn(says).filter((schema) => payloadProblem(schema, value, path) === undefined).length;
    return fails(path, fit !== 1, `fits ${fit} of the schemas of oneOf, and must fit one`);
  },
  not: ({ value, says, path }) =>
    fails(path, isJsonObject(says) && payloadProblem(says, value, path) === undefined, 'fits what it must not fit'),
};

function number(holds: (value: number, bound: number) => boolean, words: string): KeywordCheck {
  return ({ value, says, path }) => {
    if (typeof value !== 'number' || typeof says !== 'number') return undefined;
    return fails(path, !holds(value, says), `must be ${words} ${says}`);
  };
}

function size(
  measure: (value: Json) => number | undefined,
  { least, what }: { readonly least: boolean; readonly what: string },
): KeywordCheck {
  return ({ value, says, path }) => {
    const measured = measure(value);
    if (measured === undefined || typeof says !== 'number') return undefined;
    const reason = `must have at ${least ? 'least' : 'most'} ${says} ${what}, and has ${measured}`;
    return fails(path, least ? measured < says : measured > says, reason);
  };
}

/** In Unicode code points, as JSON Schema counts. */
function lengthOf(value: Json): number | undefined {
  return typeof value === 'string' ? Array.from(value).length : undefined;
}

function countOfItems(value: Json): number | undefined {
  return isJsonList(value) ? value.length : undefined;
}

function countOfKeys(value: Json): number | undefined {
  return isJsonObject(value) ? Object.keys(value).length : undefined;
}

function hasType(value: Json, type: Json): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return isJsonList(value);
    case 'object':
      return isJsonObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function fails(path: string, isWrong: boolean, reason: string): PayloadProblem | undefined {
  return isWrong ? { path, reason } : undefined;
}

function first<Item>(
  items: readonly Item[],
  check: (item: Item, index: number) => PayloadProblem | undefined,
): PayloadProblem | undefined {
  for (const [index, item] of items.entries()) {
    const problem = check(item, index);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function listIn(value: Json): readonly Json[] {
  return isJsonList(value) ? value : [];
}

function schemasIn(value: Json): readonly JsonObject[] {
  return listIn(value).filter(isJsonObject);
}
