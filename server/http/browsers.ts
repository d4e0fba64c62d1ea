import { isIP } from 'node:net';
import type { Principal } from '../auth/principal.ts';
import type { ServerConfig } from '../config.ts';
import type { Exchange } from './exchange.ts';
import { HttpProblem } from './problem.ts';

const exposedHeaders = 'Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';
const requestHeaders =
  'Authorization, Content-Type, Idempotency-Key, Last-Event-ID, traceparent, X-API-Key, X-Request-Id';
/** Ten minutes: a change of the configuration reaches browsers by then. */
const preflightSeconds = '600';

/** What pages in browsers may do. */
export interface BrowserRules {
  /** Lets pages of configured origins read answers. */
  setCorsHeaders(exchange: Exchange): void;
  /** Throws FORBIDDEN for a request by which a page of another origin would change something. */
  checkOrigin(exchange: Exchange): void;
  /**
   * Throws FORBIDDEN where somebody who is let in for being on this machine asks for another host: a page whose name was made to
   * point to 127.0.0.1 (DNS rebinding).
   */
  checkHost(exchange: Exchange, principal: Principal): void;
}

export function createBrowserRules(config: Pick<ServerConfig, 'corsOrigins' | 'publicUrl' | 'host'>): BrowserRules {
  const allowed = new Set(config.corsOrigins.filter((origin) => origin !== '*' && origin !== 'null'));
  const publicUrl = config.publicUrl === undefined ? undefined : new URL(config.publicUrl);
  const isOwn = (origin: string, { request }: Exchange): boolean =>
    origin === publicUrl?.origin || (hostOf(origin) !== undefined && hostOf(origin) === request.headers.host);
  return {
    setCorsHeaders: ({ request, response }) => {
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
    },
    checkOrigin: (exchange) => {
      const { method, headers } = exchange.request;
      const { origin } = headers;
      if (origin === undefined || method === 'GET' || method === 'HEAD' || method === 'OPTIONS') return;
      if (allowed.has(origin) || isOwn(origin, exchange)) return;
      throw forbidden('web pages of another origin may not do this', 'Add the origin to `cors-origins` of the server.');
    },
    checkHost: ({ request }, principal) => {
      if (principal.by !== 'loopback') return;
      const { host } = request.headers;
      const name = host === undefined ? undefined : nameOf(host);
      if (name !== undefined && (isLoopback(name) || name === config.host || name === publicUrl?.hostname)) return;
      throw forbidden(
        'this server answers without a key only as localhost',
        'Ask for http://localhost, or set API_KEY.',
      );
    },
  };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function nameOf(host: string): string | undefined {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : undefined;
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}

function forbidden(message: string, remedy: string): HttpProblem {
  return new HttpProblem(403, { code: 'FORBIDDEN', message, remedy });
}
