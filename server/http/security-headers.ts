import type { Exchange } from './exchange.ts';

/** Of every answer: no type is guessed, nothing is kept, nothing is run, framed or told where it came from. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** A year. */
const strictTransport = 'max-age=31536000';

export function setSecurityHeaders({ response, secure, id }: Exchange): void {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  if (secure) response.setHeader('Strict-Transport-Security', strictTransport);
  response.setHeader('X-Request-Id', id);
}
