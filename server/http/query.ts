import { isJsonList, isJsonObject, type Json, type JsonObject, type WaterflowError } from '../../schemas/index.ts';
import { HttpProblem } from './problem.ts';
import type { Route, Schema } from './route.ts';
import { nearest, type SchemaChecks } from './schema-check.ts';

/** The types that a parameter's value may have. */
type Kind = 'string' | 'number' | 'boolean' | 'array';

const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/u;

/** Reads the query of one route: what its schemas allow, with their defaults. Throws HttpProblem 400 with everything wrong. */
export type QueryReader = (query: string) => Readonly<Record<string, Json>>;

export function createQueryReader(
  route: Pick<Route, 'query' | 'unsplit'>,
  schemas: SchemaChecks,
  components: Readonly<Record<string, Schema>>,
): QueryReader {
  const parameters = route.query ?? {};
  const names = Object.keys(parameters);
  const kinds = new Map(names.map((name) => [name, kindsOf(parameters[name] ?? {}, components)] as const));
  const items = new Map(names.map((name) => [name, kindsOf(itemsOf(parameters[name] ?? {}, components), components)]));
  const check = schemas.check({ type: 'object', properties: parameters }, 'the query');
  return (query) => {
    const given = parseQuery(query);
    const unknown = [...given.keys()].filter((name) => !kinds.has(name)).map((name) => unknownParameter(name, names));
    if (unknown.length > 0) throw invalidQuery(unknown);
    const values: Record<string, Json> = {};
    for (const [name, texts] of given) {
      const mayBe = kinds.get(name) ?? [];
      if (mayBe.includes('array')) {
        const parts = route.unsplit?.includes(name) === true ? texts : splitTexts(texts);
        values[name] = parts.map((text) => coerced(text, items.get(name) ?? []));
      } else if (texts.length > 1) throw invalidQuery([repeated(name)]);
      else values[name] = coerced(texts[0] ?? '', mayBe);
    }
    const errors = check(values);
    if (errors.length > 0) throw invalidQuery(errors);
    return values;
  };
}

/** As HTML forms write it, but what isn't UTF-8 percent-encoded is refused instead of guessed. */
function parseQuery(query: string): ReadonlyMap<string, readonly string[]> {
  const given = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decoded(at === -1 ? pair : pair.slice(0, at));
    const value = decoded(at === -1 ? '' : pair.slice(at + 1));
    const values = given.get(name);
    if (values === undefined) given.set(name, [value]);
    else values.push(value);
  }
  return given;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    const message = `the query holds \`${text.slice(0, 100)}\`, which is not percent-encoded UTF-8`;
    throw invalidQuery([{ code: 'ENCODING', message, remedy: 'Encode it as UTF-8, then each byte as %XX.' }]);
  }
}

/** `a,b`, also where the parameter comes more than once. An empty text is an empty list. */
function splitTexts(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => (text === '' ? [] : text.split(',')));
}

/** A text as what its schema asks for; where it can't be that it stays a text, and the schema refuses it. */
function coerced(text: string, kinds: readonly Kind[]): Json {
  if (kinds.includes('number') && numberForm.test(text) && Number.isFinite(Number(text))) return Number(text);
  if (kinds.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function kindsOf(schema: Schema, components: Readonly<Record<string, Schema>>): readonly Kind[] {
  const resolved = resolve(schema, components);
  const alternatives = [resolved['anyOf'], resolved['oneOf'], resolved['allOf']].flatMap((list) =>
    isJsonList(list) ? list.filter(isJsonObject) : [],
  );
  const types = [resolved['type'] ?? []].flat();
  const values = [resolved['enum'] ?? [], resolved['const'] ?? []].flat();
  const own = [...types, ...values.map((value) => typeof value)].flatMap((type): Kind[] => {
    if (type === 'integer' || type === 'number') return ['number'];
    return type === 'string' || type === 'boolean' || type === 'array' ? [type] : [];
  });
  return [...new Set([...own, ...alternatives.flatMap((alternative) => kindsOf(alternative, components))])];
}

function itemsOf(schema: Schema, components: Readonly<Record<string, Schema>>): Schema {
  const items = resolve(schema, components)['items'];
  return isJsonObject(items) ? items : {};
}

function resolve(schema: Schema, components: Readonly<Record<string, Schema>>): JsonObject {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  return components[reference.replace('#/components/schemas/', '')] ?? {};
}

function unknownParameter(name: string, known: readonly string[]): WaterflowError {
  const message = `unknown query parameter \`${name.slice(0, 100)}\``;
  return { code: 'UNKNOWN_KEY', message, remedy: nearest(name, known) };
}

function repeated(name: string): WaterflowError {
  return { code: 'INVALID_VALUE', message: `the query has \`${name}\` more than once`, remedy: 'Give it once.' };
}

function invalidQuery(errors: readonly WaterflowError[]): HttpProblem {
  return invalidInput('the query is not valid', errors);
}

/** A 400 of one or more problems; of one, the answer itself says what it is. */
export function invalidInput(what: string, errors: readonly WaterflowError[]): HttpProblem {
  return problemOf(400, what, errors);
}

/** The same for what schemas can't say, a 422: the request is as described, and its values mean nothing. */
export function meaningless(what: string, errors: readonly WaterflowError[]): HttpProblem {
  return problemOf(422, what, errors);
}

function problemOf(status: number, what: string, errors: readonly WaterflowError[]): HttpProblem {
  const [first] = errors;
  const message = errors.length === 1 && first !== undefined ? first.message : `${what}: ${errors.length} problems`;
  const remedy = errors.length === 1 && first !== undefined ? first.remedy : 'Correct each of `errors`.';
  return new HttpProblem(status, { code: 'INVALID_INPUT', message, remedy }, { errors });
}
