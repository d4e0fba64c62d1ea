import type { ErrorObject } from 'ajv';

/** What to do about a value that doesn't fit, as far as the schema that refused it says what would. */
export function remedyOf({
  keyword,
  params,
  parentSchema,
}: Pick<ErrorObject, 'keyword' | 'params' | 'parentSchema'>): string {
  const limit = String(Reflect.get(params, 'limit'));
  switch (keyword) {
    case 'type':
      return withExample(`Send ${typesOf(Reflect.get(params, 'type'))}.`, parentSchema);
    case 'format':
      return withExample(
        formatRemedies[String(Reflect.get(params, 'format'))] ?? 'Write it in that format.',
        parentSchema,
      );
    case 'pattern':
      return withExample('Write it in the form that the pattern describes.', parentSchema);
    case 'minLength':
    case 'minItems':
    case 'minProperties':
      return `Send at least ${limit}.`;
    case 'maxLength':
      return `Shorten it to ${limit} characters at most.`;
    case 'maxItems':
    case 'maxProperties':
      return `Send ${limit} at most.`;
    case 'minimum':
      return `Send ${limit} or more.`;
    case 'maximum':
      return `Send ${limit} or less.`;
    case 'dependentRequired':
      return `Add \`${String(Reflect.get(params, 'missingProperty'))}\`, or leave out \`${String(Reflect.get(params, 'property'))}\`.`;
    default:
      return withExample('See /openapi.json for what it may be.', parentSchema);
  }
}

const formatRemedies: Readonly<Record<string, string>> = {
  'date-time': 'Write a time as RFC 3339 has it, such as 2026-05-01T12:00:00Z.',
};

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  array: 'a list',
  null: 'null',
};

function typesOf(types: unknown): string {
  return [types]
    .flat()
    .map((type) => typeWords[String(type)] ?? String(type))
    .join(', or ');
}

/** With what the schema says of itself. */
function withExample(remedy: string, schema: object | undefined): string {
  const description: unknown = schema === undefined ? undefined : Reflect.get(schema, 'description');
  const examples: unknown = schema === undefined ? undefined : Reflect.get(schema, 'examples');
  const example = Array.isArray(examples) && examples.length > 0 ? ` For example: ${JSON.stringify(examples[0])}.` : '';
  return `${remedy}${typeof description === 'string' ? ` It is: ${description}` : ''}${example}`;
}
