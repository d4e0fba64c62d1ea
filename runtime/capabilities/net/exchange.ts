import type { Readable } from 'node:stream';
import { buildConnector, Client, errors } from 'undici';
import { CallFailure } from '../capability.ts';
import { pinnedLookup } from './pinned-lookup.ts';
import type { ClientCertificate } from './sign.ts';
import type { Target } from './target.ts';
import { clientContext } from './tls.ts';
import { authorityOf, openTunnel } from './tunnel.ts';

/** One request on one connection of its own: nothing is shared between invocations with different grants. */
export interface Exchange {
  readonly target: Pick<Target, 'url' | 'addresses' | 'proxy'>;
  readonly method: string;
  /** Lower-case names; values as they go out. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer | Readable | undefined;
  readonly authorities: readonly string[];
  readonly client: ClientCertificate | undefined;
  readonly signal: AbortSignal;
}

/** The head of an answer, and its body as it comes in. */
export interface ExchangeAnswer extends AsyncDisposable {
  readonly status: number;
  /** Lower-case names; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
  /** Answers to HEAD, 204 and 304 describe a body that doesn't come. */
  readonly hasBody: boolean;
  /** The address that was connected to. */
  readonly address: string;
}

/** Until a connection is there, TLS included. */
const connectTimeoutMs = 15_000;
/** Between two arrivals of data; the whole call has a timeout of its own. */
const idleTimeoutMs = 120_000;

/**
 * Sends a request to one of the addresses that were checked. Certificates are always verified, whatever the environment
 * says; no proxy is used but the one that the call names, whatever the environment says.
 */
export async function exchange(request: Exchange): Promise<ExchangeAnswer> {
  const { target } = request;
  const { url, proxy } = target;
  const isTls = url.protocol === 'https:';
  // A proxy passes http on, and is asked for a tunnel where only the host itself may read along.
  const forwards = proxy !== undefined && !isTls;
  const tunnel = proxy !== undefined && isTls ? await openTunnel(url, { ...target, proxy }, request.signal) : undefined;
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    allowH2: false,
    maxCachedSessions: 0,
    lookup: pinnedLookup(target.addresses),
    rejectUnauthorized: true,
    ...(isTls ? { secureContext: clientContext(request.authorities, request.client) } : {}),
  });
  let address: string | undefined;
  const client = new Client(forwards ? `http://${authorityOf(proxy)}` : url.origin, {
    allowH2: false,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    connect(options, callback) {
      connect({ ...options, ...(tunnel === undefined ? {} : { httpSocket: tunnel }) }, (...[error, socket]) => {
        if (error !== null) {
          callback(error, null);
          return;
        }
        address = (tunnel ?? socket).remoteAddress;
        callback(null, socket);
      });
    },
  });
  try {
    const answer = await client.request({
      path: `${forwards ? url.origin : ''}${url.pathname}${url.search}`,
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), ...(forwards ? { host: url.host } : {}) },
      body: request.body ?? null,
      signal: request.signal,
    });
    return {
      status: answer.statusCode,
      headers: joinHeaders(answer.headers),
      body: answer.body,
      hasBody: request.method !== 'HEAD' && answer.statusCode !== 204 && answer.statusCode !== 304,
      address: address ?? '',
      async [Symbol.asyncDispose]() {
        answer.body.on('error', () => undefined);
        await client.destroy();
        tunnel?.destroy();
      },
    };
  } catch (cause) {
    await client.destroy();
    tunnel?.destroy();
    throw cause;
  }
}

function joinHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : (value ?? []).join(', '),
  ]);
  // No header that anybody means, and a key that no outputs may have.
  return Object.fromEntries(entries.filter(([name]) => name !== '__proto__'));
}

/** What an error of the exchange means to a guest. */
export function failureOfExchange(cause: unknown, url: URL): unknown {
  if (cause instanceof CallFailure) return cause;
  const where = url.origin;
  if (
    cause instanceof errors.ConnectTimeoutError ||
    cause instanceof errors.HeadersTimeoutError ||
    cause instanceof errors.BodyTimeoutError
  ) {
    return new CallFailure('TIMEOUT', `${where}: ${cause.message}`);
  }
  if (cause instanceof errors.HeadersOverflowError) {
    return new CallFailure('LIMIT_EXCEEDED', `${where}: the headers of the answer are too large`);
  }
  if (!(cause instanceof Error)) return cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  // undici 8 asserts what a server may well get wrong, such as a status below 100.
  if (code === 'ERR_ASSERTION') return new CallFailure('FAILED', `${where}: the answer is not HTTP/1.1`);
  // With several addresses Node throws an AggregateError without a message of its own.
  return new CallFailure('FAILED', `${where}: ${[code, cause.message].filter((part) => part !== '').join(': ')}`);
}
