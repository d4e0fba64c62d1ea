import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import Router from '@koa/router';
import Koa, { type Middleware } from 'koa';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import { cutOff, sendProblem, sendWhole } from './answer.ts';
import { ClientGone, type Exchange } from './exchange.ts';
import type { Exchanges } from './exchanges.ts';
import { generalStatuses } from './general-responses.ts';
import { createOperation, type OperationParts } from './operation.ts';
import { HttpProblem, nothingThere, toProblem } from './problem.ts';
import type { RateLimits } from './rate-limits.ts';
import type { ApiResponse, Route } from './route.ts';
import { setSecurityHeaders } from './security-headers.ts';
import type { Standings } from './standings.ts';
import { sendStream } from './stream-answer.ts';
import { checkFraming, expectsContinue, requestTarget } from './target.ts';

/** What Koa's middleware hands on. */
interface State {
  exchange: Exchange;
}

export interface KoaAppParts extends OperationParts {
  readonly exchanges: Exchanges;
  readonly standings: Standings;
  readonly setCorsHeaders: (exchange: Exchange) => void;
}

/** Routes requests to operations, and answers with what comes of it. */
export function createKoaApp(routes: readonly Route[], parts: KoaAppParts): RequestListener {
  const app = new Koa<State>();
  const router = new Router<State>({ strict: true, sensitive: true });
  for (const route of routes.toSorted(bySpecificity)) {
    const operation = createOperation(route, parts);
    router.register(routerPath(route.path), [route.method], async (context) => {
      const { exchange } = context.state;
      const answer = await operation(exchange, { params: context.params, query: context.querystring });
      await send(exchange, answer, parts);
    });
  }
  app.use(answerEach(parts));
  app.use(router.routes());
  const paths = [...new Set(routes.map(({ path }) => path))];
  app.use(answerUnrouted(router, paths, parts));
  // Errors of sockets; what handlers throw is answered and logged below.
  app.on('error', () => {});
  const callback = app.callback();
  return (request, response) => void callback(request, response);
}

/** `/a/b` before `/a/{id}`: the first route that fits gets the request. */
function bySpecificity(one: Route, other: Route): number {
  const shape = ({ path }: Route): string => path.replaceAll(/\{[^}]*\}/gu, '\u{10ffff}');
  return shape(one) < shape(other) ? -1 : Number(shape(one) > shape(other));
}

function routerPath(path: string): string {
  return path.replaceAll(/\{([^}]*)\}/gu, ':$1');
}

function answerEach({ exchanges, setCorsHeaders, onDefect }: KoaAppParts): Middleware<State> {
  const untrusted = new WeakSet<Socket>();
  return async (context, next) => {
    // Answers are written by answer.ts and stream-answer.ts alone.
    context.respond = false;
    if (untrusted.has(context.req.socket)) {
      cutOff(context.res);
      return;
    }
    const exchange = exchanges.begin(context.req, context.res);
    context.state.exchange = exchange;
    setSecurityHeaders(exchange);
    try {
      checkConnection(exchange, untrusted);
      exchange.expectsContinue = expectsContinue(context.req);
      context.url = requestTarget(context.req);
      setCorsHeaders(exchange);
      await next();
    } catch (thrown) {
      await fail(exchange, thrown, onDefect);
    }
  };
}

/** A request that can be read in two ways is the last one on its connection, also where others were sent with it. */
function checkConnection({ request, response }: Exchange, untrusted: WeakSet<Socket>): void {
  try {
    checkFraming(request);
  } catch (thrown) {
    untrusted.add(request.socket);
    response.setHeader('Connection', 'close');
    throw thrown;
  }
}

async function send(exchange: Exchange, answer: ApiResponse, parts: KoaAppParts): Promise<void> {
  const { body } = answer;
  if (body?.kind === 'stream') await sendStream(exchange, { ...answer, body }, parts);
  else await sendWhole(exchange, answer);
}

/** Answers with what went wrong; an answer that has begun is cut off. What nobody thought of is for the log, not for the client. */
async function fail(exchange: Exchange, thrown: unknown, onDefect: OperationParts['onDefect']): Promise<void> {
  const { log, response } = exchange;
  if (thrown instanceof ClientGone || response.destroyed || response.socket?.destroyed === true) {
    if (!(thrown instanceof ClientGone)) log.debug('a request failed whose client is gone', { error: String(thrown) });
    cutOff(response);
    return;
  }
  const problem = toProblem(thrown);
  checkDeclared(exchange, problem.status, onDefect);
  logProblem(exchange, problem, thrown);
  if (response.headersSent) {
    cutOff(response);
    return;
  }
  const isUnexpected = onDefect !== undefined && problem.error.code === 'INTERNAL';
  const shown = isUnexpected
    ? new HttpProblem(problem.status, { ...problem.error, message: `${problem.error.message}: ${String(thrown)}` })
    : problem;
  await sendProblem(exchange, shown);
}

/** What the client did wrong is in its answer. Being too busy is no defect, so it has no stack. */
function logProblem({ log, route }: Exchange, { status, error }: HttpProblem, thrown: unknown): void {
  if (status < 500) return;
  const about = { code: error.code, route: route?.operation };
  if (error.code === 'SERVER_UNAVAILABLE') log.warn('a request was turned away', { ...about, reason: error.message });
  else log.error('a request failed', { ...about, stack: thrown instanceof Error ? thrown.stack : String(thrown) });
}

function checkDeclared({ route }: Exchange, status: number, onDefect: OperationParts['onDefect']): void {
  if (onDefect === undefined || route === undefined) return;
  if (Object.hasOwn(route.responses, status) || generalStatuses(route).includes(status)) return;
  onDefect(`${route.operation} answered ${status}, which it does not declare`);
}

/** What no route took: 404, 405 with what the path has, and OPTIONS. */
function answerUnrouted(
  router: Router<State>,
  paths: readonly string[],
  { rates }: { readonly rates: RateLimits },
): Middleware<State> {
  return async (context) => {
    const { exchange } = context.state;
    rates.request({ address: exchange.remote });
    const methods = router.match(context.path, context.method).path.flatMap((layer) => layer.methods);
    const allow = [...new Set([...methods, 'OPTIONS'])].toSorted().join(', ');
    if (context.method === 'OPTIONS' && (methods.length > 0 || context.path === '*')) {
      const isPreflight = context.res.hasHeader('Access-Control-Allow-Origin');
      const headers = { Allow: allow, ...(isPreflight ? { 'Access-Control-Allow-Methods': allow } : {}) };
      await sendWhole(exchange, { status: 204, headers });
      return;
    }
    if (methods.length === 0) {
      throw nothingThere(otherPath(context.path, paths));
    }
    const message = `${context.method} is not possible here`;
    const remedy = `Possible here: ${allow}.`;
    throw new HttpProblem(405, { code: 'METHOD_NOT_ALLOWED', message, remedy }, { headers: { Allow: allow } });
  };
}

/** The remedy for a path that isn't there. Of a path with parameters, what stands in their place counts for nothing. */
function otherPath(wanted: string, paths: readonly string[]): string {
  const steps = wanted.replace(/\/+$/u, '').split('/');
  const alike = paths.filter((path) => path.split('/').length === steps.length);
  const filled = alike.map((path) =>
    path
      .split('/')
      .map((step, index) => (step.startsWith('{') ? (steps[index] ?? step) : step))
      .join('/'),
  );
  const guess = filled.includes(steps.join('/')) ? steps.join('/') : didYouMean(steps.join('/'), filled);
  const path = alike[filled.indexOf(guess ?? '')];
  return path === undefined
    ? 'See /openapi.json for what there is.'
    : `Did you mean \`${path}\`? See /openapi.json for what there is.`;
}
