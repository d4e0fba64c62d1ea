import type { IncomingMessage } from 'node:http';
import { newId } from '../ids.ts';
import { parseTraceParent, type TraceParent } from '../trace.ts';

const acceptedId = /^[A-Za-z0-9._-]{1,128}$/u;

/** The client's `X-Request-Id` where it is harmless to write anywhere; else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptedId.test(given) ? given : newId('req');
}

/** Where the client stands in a trace: its `traceparent` (https://www.w3.org/TR/trace-context/), where that is valid. */
export function traceParent(request: IncomingMessage): TraceParent | undefined {
  // Two of them are joined by Node, and then are none.
  const given = request.headers['traceparent'];
  return parseTraceParent(typeof given === 'string' ? given : undefined);
}
