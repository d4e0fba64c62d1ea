import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { CallFailure } from '../capability.ts';
import { pinnedLookup } from './pinned-lookup.ts';
import type { Target } from './target.ts';

/** Until the proxy has the connection that it is asked for. */
const tunnelTimeoutMs = 15_000;

type Proxy = NonNullable<Target['proxy']>;

/** As it stands in a URL. */
export function authorityOf({ host, port }: Proxy): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Asks the proxy, at one of its checked addresses, for a connection to the URL's host (CONNECT; RFC 9110, 9.3.6). Throws FAILED where it
 * refuses, TIMEOUT where it doesn't answer. The caller owns the socket.
 */
export async function openTunnel(
  url: URL,
  { proxy, addresses }: Pick<Target, 'addresses'> & { readonly proxy: Proxy },
  signal: AbortSignal,
): Promise<Socket> {
  const where = `${url.hostname}:${url.port === '' ? 443 : url.port}`;
  const name = authorityOf(proxy);
  const late = AbortSignal.timeout(tunnelTimeoutMs);
  const asking = request({
    host: proxy.host,
    port: proxy.port,
    method: 'CONNECT',
    path: where,
    headers: { host: where },
    lookup: pinnedLookup(addresses),
    agent: false,
    signal: AbortSignal.any([signal, late]),
  });
  try {
    asking.end();
    // `connect` comes with any answer to CONNECT; an error rejects.
    const [answer, socket] = (await once(asking, 'connect')) as [IncomingMessage, Socket];
    if (answer.statusCode !== undefined && answer.statusCode >= 200 && answer.statusCode < 300) return socket;
    socket.destroy();
    throw new CallFailure('FAILED', `the proxy ${name} refuses a connection to ${where}: ${answer.statusCode}`);
  } catch (cause) {
    asking.on('error', () => undefined).destroy();
    if (cause instanceof CallFailure || signal.aborted) throw cause;
    if (late.aborted) throw new CallFailure('TIMEOUT', `the proxy ${name} did not answer within ${tunnelTimeoutMs} ms`);
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new CallFailure('FAILED', `the proxy ${name}: ${code}`);
  }
}
