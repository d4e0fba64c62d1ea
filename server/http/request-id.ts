import type { IncomingMessage } from 'node:http';
import { newId } from '../ids.ts';

const acceptedId = /^[A-Za-z0-9._-]{1,128}$/u;
const traceContext = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/u;

/** The client's `X-Request-Id` where it is harmless to write anywhere; else a new one. */
export function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && acceptedId.test(given) ? given : newId('req');
}

/** `traceparent` of W3C trace context (https://www.w3.org/TR/trace-context/), where it is valid. */
export function traceParent(request: IncomingMessage): string | undefined {
  const given = request.headers['traceparent'];
  if (typeof given !== 'string' || given.length > 256) return undefined;
  const [, version, trace, parent, , rest] = traceContext.exec(given) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (/^0+$/u.test(trace ?? '') || /^0+$/u.test(parent ?? '')) return undefined;
  return given;
}
