/** The models of the API's OpenAPI document, as the clients' generators read them. */
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** What a field holds. */
export type FieldType =
  | { readonly kind: 'text' | 'integer' | 'number' | 'boolean' | 'true' | 'json' | 'object' }
  | { readonly kind: 'choice'; readonly values: readonly string[] }
  | { readonly kind: 'list' | 'map'; readonly of: FieldType }
  | { readonly kind: 'model'; readonly name: string };

/** A key of a JSON object. */
export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly isRequired: boolean;
  readonly description: string | undefined;
}

/** A JSON object with keys that are known. */
export interface Model {
  readonly name: string;
  readonly description: string | undefined;
  readonly fields: readonly Field[];
  /** What programs send has the values that are known; what they receive may have others in a later version. */
  readonly isSent: boolean;
}

/** Agents and Temporal's UI speak these; applications don't. */
const ofMachinery = /^\/v1\/(?:agent|codec)\//u;

/** The models of what applications send and receive: bodies, answers, and as `ListRunsQuery` and the like the parameters of queries. */
export function modelsOf(document: JsonObject): readonly Model[] {
  const schemas = objectIn(objectIn(document['components'])['schemas']);
  const models = new Map<string, Model>();
  const reader = createReader(schemas, models);
  for (const [path, operations] of Object.entries(objectIn(document['paths']))) {
    if (ofMachinery.test(path)) continue;
    for (const operation of Object.values(objectIn(operations)).filter(isJsonObject)) {
      reader.query(operation);
      for (const schema of bodiesOf(objectIn(operation['requestBody']))) reader.schema(schema, { isSent: true });
      for (const answer of Object.values(objectIn(operation['responses']))) {
        for (const schema of bodiesOf(objectIn(answer))) reader.schema(schema, { isSent: false });
      }
    }
  }
  // The streams' data, which the document describes in words.
  for (const name of ['LogLine', 'RunEvent']) reader.named(name, { isSent: false });
  return [...models.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

interface Use {
  readonly isSent: boolean;
}

interface Reader {
  readonly query: (operation: JsonObject) => void;
  readonly schema: (schema: JsonObject, use: Use) => void;
  readonly named: (name: string, use: Use) => void;
}

function createReader(schemas: JsonObject, models: Map<string, Model>): Reader {
  const add = (name: string, schema: JsonObject, { isSent }: Use): void => {
    if (models.has(name)) return;
    // In its place first, so that models that name each other come to an end.
    models.set(name, { name, description: undefined, fields: [], isSent });
    const fields = fieldsOf(name, schema, { isSent });
    models.set(name, { name, description: textIn(schema['description']), fields, isSent });
  };
  const schemaOf = (name: string): JsonObject => objectIn(schemas[name === 'Diagnostic' ? 'Error' : name]);
  const named = (name: string, use: Use): void => add(name, schemaOf(name), use);
  const fieldsOf = (owner: string, schema: JsonObject, use: Use): readonly Field[] => {
    if (typeof schema['$ref'] === 'string') return fieldsOf(owner, schemaOf(nameOf(schema['$ref'])), use);
    const parts = listIn(schema['allOf']).flatMap((part) => fieldsOf(owner, objectIn(part), use));
    const required = listIn(schema['required']);
    const own = Object.entries(objectIn(schema['properties'])).map(([name, value]): Field => {
      const property = objectIn(value);
      const type = typeOf(`${owner}${pascal(name)}`, property, use);
      return { name, type, isRequired: required.includes(name), description: textIn(property['description']) };
    });
    return [...parts, ...own];
  };
  const typeOf = (place: string, schema: JsonObject, use: Use): FieldType => {
    if (typeof schema['$ref'] === 'string') {
      const name = nameOf(schema['$ref']);
      named(name, use);
      return { kind: 'model', name };
    }
    const choices = listIn(schema['enum']);
    if (choices.length === 1 && choices[0] === true) return { kind: 'true' };
    if (choices.length > 0) return { kind: 'choice', values: choices.map(String) };
    switch (schema['type']) {
      case 'string':
        return { kind: 'text' };
      case 'integer':
      case 'number':
      case 'boolean':
        return { kind: schema['type'] };
      case 'array':
        return { kind: 'list', of: typeOf(place, objectIn(schema['items']), use) };
      case 'object':
        return objectType(place, schema, use);
      case undefined:
        return { kind: 'json' };
      default:
        throw new Error(`${place}: no type of a client for ${JSON.stringify(schema['type'])}`);
    }
  };
  const objectType = (place: string, schema: JsonObject, use: Use): FieldType => {
    if (schema['properties'] !== undefined) {
      add(place, schema, use);
      return { kind: 'model', name: place };
    }
    const values = schema['additionalProperties'];
    if (!isJsonObject(values) || values['type'] === 'object') return { kind: 'object' };
    return { kind: 'map', of: typeOf(place, values, use) };
  };
  return {
    named,
    schema(schema, use) {
      if (typeof schema['$ref'] === 'string') named(nameOf(schema['$ref']), use);
      else if (schema['properties'] !== undefined) for (const each of referredIn(schema)) named(each, use);
    },
    query(operation) {
      const parameters = listIn(operation['parameters']).filter(isJsonObject);
      const queries = parameters.filter((parameter) => parameter['in'] === 'query');
      if (queries.length === 0) return;
      const id = textIn(operation['operationId']) ?? '';
      const name = `${pascal(id)}Query`;
      const fields = queries.map((parameter): Field => {
        const property = textIn(parameter['name']) ?? '';
        const type = typeOf(`${name}${pascal(property)}`, objectIn(parameter['schema']), { isSent: true });
        return { name: property, type, isRequired: false, description: textIn(parameter['description']) };
      });
      const description = `What \`${id}\` can be asked for.`;
      models.set(name, { name, description, fields, isSent: true });
    },
  };
}

/** The models that an answer without a name of its own holds, such as a page of a list. */
function referredIn(schema: JsonObject): readonly string[] {
  return Array.from(JSON.stringify(schema).matchAll(/"\$ref":"([^"]+)"/gu), ([, path = '']) => nameOf(path));
}

function bodiesOf({ content }: JsonObject): readonly JsonObject[] {
  const json = objectIn(objectIn(content)['application/json']);
  const problem = objectIn(objectIn(content)['application/problem+json']);
  return [json, problem].flatMap(({ schema }) => (isJsonObject(schema) ? [schema] : []));
}

/** `Error` is a word of both languages. */
function nameOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name === 'Error' ? 'Diagnostic' : name;
}

function pascal(name: string): string {
  return name.replaceAll(/(?:^|[_-])([a-z])/gu, (_, letter: string) => letter.toUpperCase());
}

function objectIn(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function listIn(value: Json | undefined): readonly Json[] {
  return isJsonList(value) ? value : [];
}

function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
