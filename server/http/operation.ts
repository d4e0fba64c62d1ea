import { createHash } from 'node:crypto';
import { requirePermission } from '../auth/roles.ts';
import type { ServerConfig } from '../config.ts';
import { formatTraceParent } from '../trace.ts';
import type { Access } from './access.ts';
import type { Admission } from './admission.ts';
import { createBodyReader } from './body.ts';
import type { Exchange } from './exchange.ts';
import { HttpProblem, toProblem } from './problem.ts';
import { createQueryReader, invalidInput } from './query.ts';
import { type RateLimits, rateLimitHeaders } from './rate-limits.ts';
import { createResponseCheck } from './response-check.ts';
import type { ApiResponse, Route, Schema } from './route.ts';
import type { SchemaChecks } from './schema-check.ts';
import type { StreamPlaces } from './stream-places.ts';

/** What operations share. */
export interface OperationParts {
  readonly config: Pick<ServerConfig, 'limits'>;
  readonly access: Pick<Access, 'authenticate'>;
  readonly rates: RateLimits;
  readonly admission: Admission;
  readonly streams: StreamPlaces;
  readonly schemas: SchemaChecks;
  readonly components: Readonly<Record<string, Schema>>;
  /** For tests: called with each answer that its route doesn't declare. */
  readonly onDefect?: (defect: string) => void;
}

/** Carries out a request that was routed to it: lets in, checks, and has it handled. Throws what becomes a problem. */
export type Operation = (exchange: Exchange, found: FoundRoute) => Promise<ApiResponse>;

/** What the router took out of the URL: parameters as they are percent-encoded, the query without its `?`. */
export interface FoundRoute {
  readonly params: Readonly<Record<string, string>>;
  readonly query: string;
}

/** Asked all the time by whatever watches the server; nothing is gained by refusing. */
const unlimited = new Set(['/healthz', '/readyz']);
/** What tells how much the server has to do must come, however much that is. */
const unqueued = new Set([...unlimited, '/metrics']);

export function createOperation(route: Route, parts: OperationParts): Operation {
  const { schemas, components, config } = parts;
  const readQuery = route.ignoresQuery === true ? () => ({}) : createQueryReader(route, schemas, components);
  const readBody = createBodyReader(route, schemas, config.limits);
  const checkParams = createParamCheck(route, schemas);
  const checkHeaders = createHeaderCheck(route, schemas);
  const checkResponse = parts.onDefect === undefined ? undefined : createResponseCheck(route, schemas);
  return async (exchange, found) => {
    exchange.route = route;
    const principal = await letIn(exchange, route, parts);
    const params = checkParams(found.params);
    const target = Object.values(params)[0];
    if (target !== undefined) exchange.target = target;
    const query = readQuery(found.query);
    checkHeaders(exchange);
    // Before the body is read: what waits costs no memory.
    using _place = await placeFor(exchange, route, parts);
    const { mediaType, body } = await readBody(exchange);
    const answer = await route.handle({
      id: exchange.id,
      principal,
      params,
      query,
      headers: exchange.request.headers,
      mediaType,
      body,
      traceparent: exchange.trace === undefined ? undefined : formatTraceParent(exchange.trace),
      remote: exchange.remote,
      signal: exchange.signal,
    });
    const defect = checkResponse?.(answer);
    if (defect !== undefined) {
      parts.onDefect?.(defect);
      throw new Error(defect);
    }
    return answer;
  };
}

/** Room for the work. A body that is sent as a stream takes as long as its sender likes, so it is counted with what is followed. */
function placeFor(
  { principal, remote, signal }: Exchange,
  route: Route,
  { admission, streams }: OperationParts,
): Promise<Disposable> | Disposable {
  const holder = principal?.tenant ?? remote;
  if (unqueued.has(route.path)) return free;
  return isStreamed(route) ? streams.take(holder) : admission.enter(holder, signal);
}

const free: Disposable = { [Symbol.dispose]: () => {} };

function isStreamed({ body }: Route): boolean {
  return Object.values(body?.content ?? {}).some(({ as }) => as === 'stream');
}

/** Whoever asks for a public operation. */
const nobody = { id: 'anonymous', name: 'anonymous', tenant: '', role: 'viewer', by: 'loopback' } as const;

async function letIn(exchange: Exchange, route: Route, parts: OperationParts): ReturnType<Access['authenticate']> {
  const { rates } = parts;
  if (route.permission === 'public') {
    if (!unlimited.has(route.path)) showAllowance(exchange, rates.request({ address: exchange.remote }));
    return nobody;
  }
  const principal = await authenticated(exchange, parts);
  exchange.principal = principal;
  const key = `${principal.tenant}/${principal.id}`;
  showAllowance(exchange, rates.request(principal.by === 'loopback' ? { address: exchange.remote } : { key }));
  requirePermission(principal, route.permission);
  return principal;
}

async function authenticated(
  exchange: Exchange,
  { rates, access }: OperationParts,
): ReturnType<Access['authenticate']> {
  const { remote, request } = exchange;
  const attempt = { address: remote, credential: credentialDigest(request.headersDistinct) };
  rates.checkFailures(attempt);
  try {
    const principal = await access.authenticate(request.headersDistinct, remote);
    rates.succeeded(attempt);
    return principal;
  } catch (thrown) {
    if (toProblem(thrown).status === 401) {
      rates.failed(attempt);
      exchange.response.setHeader('WWW-Authenticate', 'Bearer realm="waterflow"');
    }
    throw thrown;
  }
}

function credentialDigest(headers: NodeJS.Dict<string[]>): string {
  const sent = [headers['authorization'], headers['x-api-key']];
  return createHash('sha256').update(JSON.stringify(sent)).digest('base64');
}

function showAllowance({ response }: Exchange, allowance: ReturnType<RateLimits['request']>): void {
  if (allowance === undefined) return;
  for (const [name, value] of Object.entries(rateLimitHeaders(allowance))) response.setHeader(name, value);
}

/** A path of which a part can't be what it has to be leads to nothing. */
function createParamCheck(
  route: Route,
  schemas: SchemaChecks,
): (params: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  const properties = route.params ?? {};
  const schema = { type: 'object', required: Object.keys(properties), properties };
  const check = schemas.check(schema, 'the path');
  return (params) => {
    const [error] = check({ ...params });
    if (error === undefined) return params;
    const remedy = 'Check the path.';
    throw new HttpProblem(404, { code: 'NOT_FOUND', message: `there is no such thing: ${error.message}`, remedy });
  };
}

function createHeaderCheck(route: Route, schemas: SchemaChecks): (exchange: Exchange) => void {
  const names = Object.keys(route.headers ?? {}).map((name) => name.toLowerCase());
  const properties = Object.fromEntries(
    Object.entries(route.headers ?? {}).map(([name, schema]) => [name.toLowerCase(), schema]),
  );
  const check = schemas.check({ type: 'object', properties }, 'the headers');
  return ({ request }) => {
    const given = names.flatMap((name) => {
      const value = request.headers[name];
      return value === undefined ? [] : [[name, value] as const];
    });
    const errors = check(Object.fromEntries(given));
    if (errors.length > 0) throw invalidInput('the headers are not valid', errors);
  };
}
