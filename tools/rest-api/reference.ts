/** The reference of docs/rest-api.md, made from the OpenAPI document, which is made from the routes. */
import { type ErrorCode, errorKinds, type Json, type JsonObject } from '../../schemas/index.ts';
import { permissionTable } from '../../server/auth/roles.ts';
import { statusOf } from '../../server/http/problem.ts';
import { code, keysTable, linkTo, meaningOf, objectOf, table, textOf, typeOf } from './tables.ts';

/** In characters. */
const longestExample = 120;

/** The reference as Markdown: permissions, statuses, each operation, and each schema. */
export function referenceOf(document: JsonObject): string {
  return [
    `## Permissions\n\nWhich role has which permission; each operation below names its own.\n\n${permissionTable().trim()}`,
    statusSection(document),
    '## Operations',
    ...tagsOf(document).map((tag) => tagSection(document, tag)),
    '## Schemas\n\nIn bodies that you send, *required* keys must be there and unknown ones are refused. In answers, *required* keys are always there.',
    ...schemaSections(document),
  ]
    .join('\n\n')
    .concat('\n');
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly described: JsonObject;
}

function operationsOf(document: JsonObject): readonly Operation[] {
  return Object.entries(objectOf(document['paths'])).flatMap(([path, item]) =>
    Object.entries(objectOf(item)).map(([method, described]) => ({
      method: method.toUpperCase(),
      path,
      described: objectOf(described),
    })),
  );
}

function tagsOf(document: JsonObject): readonly string[] {
  return [...new Set(operationsOf(document).map(({ described }) => tagOf(described)))];
}

function tagOf(described: JsonObject): string {
  const { tags } = described;
  return textOf(Array.isArray(tags) ? tags[0] : undefined);
}

function tagSection(document: JsonObject, tag: string): string {
  const operations = operationsOf(document).filter(({ described }) => tagOf(described) === tag);
  return [`### ${tag}`, ...operations.map(operationSection)].join('\n\n');
}

function operationSection({ method, path, described }: Operation): string {
  const { operationId, summary, description, 'x-permission': permission, requestBody } = described;
  const who = permission === undefined ? 'needs neither key nor token' : `permission ${code(textOf(permission))}`;
  return [
    `#### ${method} ${path}`,
    [sentence(textOf(summary)), textOf(description)].filter((text) => text !== '').join(' '),
    `Operation ${code(textOf(operationId))}; ${who}.`,
    parametersTable(described['parameters']),
    requestBody === undefined ? '' : bodySection(objectOf(requestBody)),
    responsesTable(objectOf(described['responses'])),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function parametersTable(parameters: Json | undefined): string {
  if (!Array.isArray(parameters)) return '';
  const rows = parameters.map((given: Json) => {
    const { name, in: where, description, schema } = objectOf(given);
    const shown = where === 'header' ? headerName(textOf(name)) : textOf(name);
    return [
      code(shown),
      textOf(where),
      typeOf(objectOf(schema)),
      meaningOf({ ...objectOf(schema), ...(description === undefined ? {} : { description }) }),
    ];
  });
  return table(['parameter', 'in', 'type', 'meaning'], rows);
}

/** As it is usually written: `Last-Event-ID`. */
function headerName(name: string): string {
  return name
    .split('-')
    .map((part) => (part === 'id' ? 'ID' : `${part.charAt(0).toUpperCase()}${part.slice(1)}`))
    .join('-')
    .replace('Github', 'GitHub');
}

function bodySection({ required, content }: JsonObject): string {
  const types = Object.entries(objectOf(content)).map(([type, media]) => {
    const { schema, example } = objectOf(media);
    return `${code(type)}: ${bodyOf(type, objectOf(schema))}${exampleOf(example)}`;
  });
  return `Body${required === true ? '' : ' (may be left out)'}: ${types.join('; or ')}.`;
}

function bodyOf(type: string, schema: JsonObject): string {
  if (type === 'application/json') return shapeOf(schema);
  const text = textOf(schema['description']);
  if (text === '') return 'bytes';
  return withLinks(`${text.charAt(0).toLowerCase()}${text.slice(1)}`.replace(/\.$/, ''));
}

/** A text that names schemas, with links to them. */
function withLinks(text: string): string {
  return text.replaceAll(/\b[A-Z][a-z]+[A-Z]\w+\b/g, linkTo);
}

/** An example that fits into a line; a workflow's text doesn't. */
function exampleOf(example: Json | undefined): string {
  const text = JSON.stringify(example);
  return typeof example !== 'object' || text.length > longestExample ? '' : `, such as ${code(text)}`;
}

/** What is an operation's own, and a line of those that many have. */
function responsesTable(responses: JsonObject): string {
  const entries = Object.entries(responses).map(([status, response]) => [status, objectOf(response)] as const);
  const own = entries.filter(([, response]) => response['$ref'] === undefined);
  const general = entries.flatMap(([status, response]) => (response['$ref'] === undefined ? [] : [status]));
  const rows = own.map(([status, response]) => [
    status,
    contentOf(response),
    textOf(response['description']) + headersOf(response),
  ]);
  return `${table(['status', 'body', 'meaning'], rows)}\n\nAlso ${general.join(', ')}: see [statuses](#statuses-and-codes).`;
}

function contentOf({ content }: JsonObject): string {
  return Object.entries(objectOf(content))
    .map(([type, media]) => {
      const schema = objectOf(objectOf(media)['schema']);
      if (type === 'application/json' || type === 'application/problem+json') return shapeOf(schema);
      return [code(type), withLinks(textOf(schema['description']))].filter((text) => text !== '').join(': ');
    })
    .join('<br>');
}

/** An answer's schema in a line: a page of things is an object that stands nowhere else. */
function shapeOf(schema: JsonObject): string {
  const keys = Object.entries(objectOf(schema['properties']));
  if (keys.length === 0) return typeOf(schema);
  return keys.map(([name, value]) => `${code(name)}: ${typeOf(objectOf(value))}`).join(', ');
}

function headersOf({ headers }: JsonObject): string {
  const own = Object.entries(objectOf(headers)).filter(([, header]) => objectOf(header)['$ref'] === undefined);
  return own.map(([name, header]) => ` ${code(name)}: ${textOf(objectOf(header)['description'])}`).join('');
}

const conflict =
  'What is there keeps it from that: a run that has ended, an approval that nobody waits for, a value that is missing.';

/** What has codes of its own that no table of codes says: what HTTP itself refuses, and what schemas do. */
const otherCodes: Readonly<Record<string, readonly ErrorCode[]>> = {
  400: ['INVALID_INPUT'],
  408: ['TIMEOUT'],
  417: ['INVALID_INPUT'],
  431: ['INVALID_INPUT'],
};

function statusSection(document: JsonObject): string {
  const responses = objectOf(objectOf(document['components'])['responses']);
  const rows = generalStatusesOf(document).map(([status, name]) => {
    const response = objectOf(responses[name]);
    const meaning = status === '409' ? conflict : textOf(response['description']);
    return [status, meaning + headersOf(response), codesOf(status)];
  });
  return [
    '## Statuses and codes',
    'A status says what kind of answer it is, the `code` of the problem what is wrong. Beside those that an operation names as its own it can have these:',
    table(['status', 'meaning', 'codes'], rows),
    'Codes may be added; treat one that you do not know by its status. [errors.md](errors.md) has the cause and the remedy of each.',
  ].join('\n\n');
}

/** Each status that operations share, with the name of its response, in order. */
function generalStatusesOf(document: JsonObject): readonly (readonly [string, string])[] {
  const found = operationsOf(document).flatMap(({ described }) =>
    Object.entries(objectOf(described['responses'])).flatMap(([status, response]) => {
      const name = textOf(objectOf(response)['$ref']);
      return name === '' ? [] : [[status, name.slice(name.lastIndexOf('/') + 1)] as const];
    }),
  );
  // 409 is declared by each operation that has it, and its codes are shared.
  const statuses = new Map([...found, ['409', 'Conflict'] as const]);
  return [...statuses].sort(([one], [other]) => Number(one) - Number(other));
}

function codesOf(status: string): string {
  const codes = Object.keys(errorKinds) as readonly ErrorCode[]; // Its keys are just those.
  const link = (name: string): string => `[${name}](errors.md#${name.toLowerCase()})`;
  if (status === '422') {
    return `${link('INVALID_INPUT')}, ${link('IDEMPOTENCY_CONFLICT')}, and every code that \`waterflow validate\` reports`;
  }
  if (status === '500') return link('INTERNAL');
  const listed = otherCodes[status] ?? codes.filter((name) => statusOf(name) === Number(status));
  return listed.map(link).join(', ');
}

function schemaSections(document: JsonObject): readonly string[] {
  const schemas = objectOf(objectOf(document['components'])['schemas']);
  return Object.entries(schemas)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, schema]) => schemaSection(name, objectOf(schema)));
}

function schemaSection(name: string, schema: JsonObject): string {
  const parts = Array.isArray(schema['allOf']) ? schema['allOf'].map(objectOf) : [schema];
  const based = parts.filter(({ $ref }) => $ref !== undefined).map(typeOf);
  return [
    `### ${name}`,
    [textOf(schema['description']), based.length === 0 ? '' : `All of ${based.join(' and ')}, and:`]
      .filter((text) => text !== '')
      .join(' '),
    ...parts.map(keysTable),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}
