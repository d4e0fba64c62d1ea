import { checkSchema } from '../../runtime/documents/schema-check.ts';
import type { DocumentPath } from '../../runtime/documents/yaml-document.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import answersSchema from '../../schemas/host-answers.schema.json' with { type: 'json' };
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** Something wrong with a recorded answer, and where: from the answer on. */
export interface AnswerProblem {
  readonly path: DocumentPath;
  readonly part: 'key' | 'value';
  readonly message: string;
  readonly remedy: string;
}

const schemas: JsonObject = answersSchema.properties;

/** What isn't as the call answers. `ok` is undefined where a case says nothing of it. */
export function answerProblems(call: HostCall, ok: Json | undefined): readonly AnswerProblem[] {
  const name = `${call.capability}.${call.operation}`;
  const schema = schemas[name];
  if (!isJsonObject(schema)) return [];
  if (ok === undefined && schema['type'] !== 'null') {
    const message = `the call has neither an answer nor an error, and ${name} answers with ${kindOf(schema)}`;
    return [
      { path: [], part: 'key', message, remedy: `Write ${exampleOf(schema)}, or \`error: { code: …, message: … }\`.` },
    ];
  }
  return checkSchema(schema, ok ?? null).map(({ path, part, message, remedy }) => ({
    path,
    part,
    message: `the answer of ${name}: ${message}`,
    remedy: path.length === 0 ? `Write ${exampleOf(schema)}.` : remedy,
  }));
}

function kindOf({ type, oneOf }: JsonObject): string {
  if (isJsonList(oneOf)) return 'an object or null';
  return typeof type === 'string'
    ? `${/^[aeiou]/u.test(type) ? 'an' : 'a'} ${type === 'string' ? 'text' : type}`
    : 'a value';
}

/** As `ok: { status: 200 }`: what must be there. */
function exampleOf(schema: JsonObject): string {
  const value = exampleValue(schema);
  const text = JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, '$1: ')
    .replaceAll('{', '{ ')
    .replaceAll('}', ' }')
    .replaceAll(',', ', ')
    .replace('{  }', '{}');
  return `\`ok: ${text}\``;
}

/** Of these a value says more than any of its type. */
const numbers: Readonly<Record<string, number>> = { status: 200 };
const texts: Readonly<Record<string, string>> = { status: 'running', container: 'c1', sha256: 'e3b0…' };

function exampleValue(schema: Json | undefined, name = ''): Json {
  if (!isJsonObject(schema)) return null;
  const { type, required, properties } = schema;
  switch (type) {
    case 'object': {
      const fields = isJsonObject(properties) ? properties : {};
      const names = isJsonList(required) ? required.filter((each) => typeof each === 'string') : [];
      return Object.fromEntries(names.map((each) => [each, exampleValue(fields[each], each)]));
    }
    case 'array':
      return [];
    case 'integer':
    case 'number':
      return numbers[name] ?? 0;
    case 'boolean':
      return true;
    case 'string':
      return texts[name] ?? 'text';
    default:
      return null;
  }
}
