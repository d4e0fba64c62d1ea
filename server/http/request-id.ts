import type { IncomingMessage } from 'node:http';
import { newId } from '../ids.ts';
import { formatTraceParent, parseTraceParent } from '../trace.ts';

const acceptedId = /^[A-Za-z0-9._-]{1,128}$/u;

/** The client's `X-Request-Id` where it is harmless to write anywhere; else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptedId.test(given) ? given : newId('req');
}

/** `traceparent` of W3C trace context (https://www.w3.org/TR/trace-context/), where it is valid, in the form that every reader knows. */
export function traceParent(request: IncomingMessage): string | undefined {
  // Two of them are joined by Node, and then are none.
  const given = request.headers['traceparent'];
  const parsed = parseTraceParent(typeof given === 'string' ? given : undefined);
  return parsed === undefined ? undefined : formatTraceParent(parsed);
}
