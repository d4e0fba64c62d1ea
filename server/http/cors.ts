import type { Exchange } from './exchange.ts';

const exposedHeaders = 'Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
const requestHeaders =
  'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, traceparent, X-API-Key, X-Namespace, X-Request-Id';
/** Ten minutes: a change of the configuration reaches browsers by then. */
const preflightSeconds = '600';

/** Lets pages of the given origins, and of no other, call the API and read its answers. They authenticate as any program does. */
export function createCors(origins: readonly string[]): (exchange: Exchange) => void {
  const allowed = new Set(origins.filter((origin) => origin !== '*' && origin !== 'null'));
  return ({ request, response }) => {
    if (allowed.size === 0) return;
    response.setHeader('Vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || !allowed.has(origin)) return;
    response.setHeader('Access-Control-Allow-Origin', origin);
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    if (request.method !== 'OPTIONS') {
      response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
      return;
    }
    response.setHeader('Access-Control-Allow-Headers', requestHeaders);
    response.setHeader('Access-Control-Max-Age', preflightSeconds);
  };
}
