import type { ApiResponse, Route } from './route.ts';
import type { SchemaCheck, SchemaChecks } from './schema-check.ts';

/** What a route answered and doesn't declare; undefined where it keeps its word. */
export type ResponseCheck = (answer: ApiResponse) => string | undefined;

/** For tests: the schemas of answers cost as much to check as those of requests, and only a defect of ours breaks them. */
export function createResponseCheck(route: Route, schemas: SchemaChecks): ResponseCheck {
  const checks = new Map<string, SchemaCheck>();
  for (const [status, { content }] of Object.entries(route.responses)) {
    for (const [type, { schema }] of Object.entries(content ?? {})) {
      checks.set(`${status} ${type}`, schemas.check(schema, 'the answer'));
    }
  }
  return ({ status, body }) => {
    const declared = route.responses[status];
    const name = `${route.operation} answered ${status}`;
    if (declared === undefined) return `${name}, which it does not declare`;
    if (body === undefined) return declared.content === undefined ? undefined : `${name} without its body`;
    const type = mediaTypeOf(body.kind === 'json' ? (body.type ?? 'application/json') : body.type);
    const check = checks.get(`${status} ${type}`);
    if (check === undefined) return `${name} with ${type}, which it does not declare`;
    if (body.kind !== 'json') return undefined;
    // What the client reads, and defaults must not be put into the handler's own objects.
    const [error] = check(JSON.parse(JSON.stringify(body.value)));
    return error === undefined ? undefined : `${name} with what it does not declare: ${error.message}`;
  };
}

function mediaTypeOf(type: string): string {
  return type.split(';', 1)[0]?.trim() ?? type;
}
