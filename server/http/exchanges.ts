import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ServerParts } from '../parts.ts';
import type { Spans } from '../telemetry/span.ts';
import { childTraceParent, type TraceParent } from '../trace.ts';
import type { Access } from './access.ts';
import { clientAddress, isSecure, trustedProxies } from './addresses.ts';
import { ClientGone, type Exchange } from './exchange.ts';
import { HttpProblem } from './problem.ts';
import { requestId, traceParent } from './request-id.ts';

/** The requests in progress. */
export interface Exchanges {
  begin(request: IncomingMessage, response: ServerResponse): Exchange;
  /** Aborts the signal of all that are in progress, and of those that come from now on. */
  endAll(): void;
}

/** What the client, having gone away, would have been answered: nginx's number for it. */
const clientClosed = 499;

export function createExchanges(
  parts: Pick<ServerParts, 'config' | 'metrics' | 'log' | 'clock' | 'spans'>,
  record: Access['record'],
): Exchanges {
  const { config, clock } = parts;
  const trusted = trustedProxies(config.trustedProxies);
  const inProgress = new Map<ServerResponse, AbortController>();
  let ending = false;
  return {
    begin: (request, response) => {
      const id = requestId(request);
      const peer = request.socket.remoteAddress ?? '';
      const { encrypted = false } = request.socket as Partial<TLSSocket>;
      const sent = traceParent(request);
      const trace = parts.spans === undefined ? sent : childTraceParent(sent, randomBytes);
      const controller = new AbortController();
      inProgress.set(response, controller);
      if (ending) endOne(response, controller);
      const exchange: Exchange = {
        id,
        request,
        response,
        remote: clientAddress(peer, request.headers, trusted),
        secure: isSecure({ encrypted, peer }, request.headers, trusted),
        startedAt: clock.now(),
        signal: controller.signal,
        abort: (why) => controller.abort(why),
        clock,
        trace,
        log: parts.log.child({ request_id: id, ...(trace === undefined ? {} : { trace_id: trace.trace }) }),
        expectsContinue: false,
      };
      response.once('close', () => {
        inProgress.delete(response);
        // Also after a whole answer: whoever still waits for something does it for nobody.
        controller.abort(clientGone);
        if (ending) request.socket.end();
        report(exchange, parts, record);
        if (parts.spans !== undefined) endSpan(exchange, { spans: parts.spans, sent });
      });
      return exchange;
    },
    endAll: () => {
      ending = true;
      for (const [response, controller] of inProgress) endOne(response, controller);
    },
  };
}

/** Asked all the time by whatever watches the server, and of no interest to those who look for something. */
const untraced = new Set(['/healthz', '/readyz', '/metrics']);

/** Makes a span of a call, by the names of OpenTelemetry's conventions for HTTP servers. */
function endSpan(
  { trace, request, response, route, principal, id, remote, startedAt, clock }: Exchange,
  { spans, sent }: { readonly spans: Spans; readonly sent: TraceParent | undefined },
): void {
  if (trace === undefined || route === undefined || untraced.has(route.path)) return;
  const status = response.headersSent ? response.statusCode : clientClosed;
  spans.ended({
    context: trace,
    ...(sent === undefined ? {} : { parent: sent.parent }),
    name: `${route.method} ${route.path}`,
    kind: 'server',
    from: startedAt,
    to: clock.now(),
    attributes: {
      'http.request.method': request.method ?? '',
      'http.route': route.path,
      'http.response.status_code': status,
      'client.address': remote,
      'waterflow.request.id': id,
      ...(principal === undefined ? {} : { 'waterflow.tenant': principal.tenant }),
    },
    failed: status >= 500,
  });
}

/** The connection isn't used again, as the client is told where that is still possible. */
function endOne(response: ServerResponse, controller: AbortController): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
  controller.abort(shuttingDown);
}

/** What handlers throw that were told to end: made once, since each would have a stack of its own to be collected. */
const clientGone = new ClientGone();
const shuttingDown = new HttpProblem(503, {
  code: 'SERVER_UNAVAILABLE',
  message: 'the server is shutting down',
  remedy: 'Try again in a moment.',
});

/** Whether a handler was told to end since the server does, and not since nobody may have the answer, or takes it. */
export function isShutdown(reason: unknown): boolean {
  return reason === shuttingDown;
}

/** Counts a call and writes it down. Neither may fail it: it has been answered. */
function report(
  exchange: Exchange,
  { metrics, log, clock }: Pick<ServerParts, 'metrics' | 'log' | 'clock'>,
  record: Access['record'],
): void {
  const { id, request, response, route, principal, target, remote, startedAt } = exchange;
  const status = response.headersSent ? response.statusCode : clientClosed;
  const method = request.method ?? '';
  const path = route?.path ?? '(none)';
  const duration = Math.max(0, clock.now() - startedAt);
  try {
    exchange.log.debug('a request was answered', { method, route: path, status, duration_ms: duration, remote });
    metrics.call({ method, route: path, status, seconds: duration / 1000 });
    record?.({
      request: id,
      at: startedAt,
      tenant: principal?.tenant,
      by: principal?.id,
      method,
      route: path,
      ...(target === undefined ? {} : { target: target.slice(0, 200) }),
      status,
      duration_ms: duration,
      remote,
    });
  } catch (thrown) {
    log.error('a call could not be written down', { request_id: id, error: String(thrown) });
  }
}
