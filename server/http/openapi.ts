import type { Json, JsonObject } from '../../schemas/index.ts';
import { generalResponses, generalStatuses } from './general-responses.ts';
import type { Route, RouteResponse, Schema } from './route.ts';
import { writtenOut } from './written-out.ts';

/** Of the API, not of the program: changes that break clients make another `/v2`. */
const apiVersion = '1.0.0';

const description =
  'Submit workflows, follow them, approve and operate them. Errors are `application/problem+json` (RFC 9457) with a `code`, what is ' +
  'wrong, and a `remedy`. JSON bodies are I-JSON (RFC 7493): no key twice, at most 100 levels deep. Query parameters that are not ' +
  'described are refused.';

const tagDescriptions: Readonly<Record<string, string>> = {
  Workflows: 'Runs of workflows: submit, list, see, operate, approve.',
  'Logs and events': 'What runs write and what happens in them, as it was or as it goes on.',
  Server: 'The server itself.',
};

/** The API as an OpenAPI 3.1 document. `url`: where clients reach it. The same routes give the same text. */
export function openApiDocument(
  routes: readonly Route[],
  { components, url = '/' }: { readonly components: Readonly<Record<string, Schema>>; readonly url?: string },
): JsonObject {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Waterflow',
      version: apiVersion,
      description,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url }],
    security: [{ bearer: [] }, { apiKey: [] }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => {
      const text = tagDescriptions[name];
      return text === undefined ? { name } : { name, description: text };
    }),
    paths: writtenOut(pathsOf(routes)),
    components: {
      schemas: writtenOut(components),
      responses: sharedResponses(),
      headers: {
        RequestId: {
          description: "The request's id, by which the server's log and its record of calls name it.",
          schema: { type: 'string' },
        },
      },
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key, or a JWT where the server takes them.' },
        apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
      },
    },
  };
}

function pathsOf(routes: readonly Route[]): JsonObject {
  const paths = new Map<string, Record<string, Json>>();
  for (const route of routes) {
    const item = paths.get(route.path) ?? {};
    item[route.method.toLowerCase()] = operationOf(route);
    paths.set(route.path, item);
  }
  return Object.fromEntries(paths);
}

function operationOf(route: Route): JsonObject {
  const parameters = parametersOf(route);
  return {
    operationId: route.operation,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    ...(route.permission === 'public' ? { security: [] } : { 'x-permission': route.permission }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined ? {} : { requestBody: bodyOf(route.body) }),
    responses: responsesOf(route),
  };
}

function parametersOf({ params = {}, query = {}, headers = {}, unsplit = [] }: Route): readonly JsonObject[] {
  return [
    ...Object.entries(params).map(([name, schema]) => ({ name, in: 'path', required: true, ...described(schema) })),
    ...Object.entries(query).map(([name, schema]) => ({
      name,
      in: 'query',
      // `a,b`, or the parameter several times.
      ...(schema['type'] === 'array' ? { style: 'form', explode: unsplit.includes(name) } : {}),
      ...described(schema),
    })),
    ...Object.entries(headers).map(([name, schema]) => ({ name, in: 'header', ...described(schema) })),
  ];
}

/** A parameter's description is that of its schema. */
function described({ description: text, ...schema }: Schema): JsonObject {
  return { ...(text === undefined ? {} : { description: text }), schema };
}

function bodyOf({ required, content }: NonNullable<Route['body']>): JsonObject {
  return {
    required,
    content: Object.fromEntries(
      Object.entries(content).map(([type, { schema, example }]) => [
        type,
        { schema, ...(example === undefined ? {} : { example }) },
      ]),
    ),
  };
}

function responsesOf(route: Route): JsonObject {
  const general = generalStatuses(route).map((status) => {
    const name = generalResponses[status]?.name ?? '';
    return [String(status), { $ref: `#/components/responses/${name}` }] as const;
  });
  const own = Object.entries(route.responses).map(
    ([status, response]) => [status, responseOf(Number(status), response)] as const,
  );
  return Object.fromEntries([...general, ...own]);
}

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const problemContent = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

/** An error that a route declares without a content is a problem. */
function responseOf(status: number, response: RouteResponse): JsonObject {
  const content = response.content ?? (status >= 400 ? problemContent : undefined);
  return {
    description: response.description,
    headers: { ...requestId, ...response.headers },
    ...(content === undefined ? {} : { content }),
  };
}

function sharedResponses(): JsonObject {
  return Object.fromEntries(
    Object.values(generalResponses).map(({ name, description: text, headers = {} }) => [
      name,
      { description: text, headers: { ...requestId, ...headers }, content: problemContent },
    ]),
  );
}
