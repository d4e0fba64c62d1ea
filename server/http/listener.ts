import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerParts } from '../parts.ts';
import { answerClientErrors } from './client-errors.ts';
import { shareConnections } from './connections.ts';
import { type Renewal, readTlsFiles, takeRenewed } from './tls-files.ts';

/** All headers of a request together: enough for any token, and little to keep for a client that doesn't finish. */
const headerBytes = 16 * 1024;
/** An idle connection lives longer than the minute for which proxies commonly keep theirs, so that they close first. */
const keepAliveMs = 65_000;
/** Beyond the followers that a server has, and below what a process may open. */
const mostConnections = 10_000;

/** A server that listens, for requests of strict HTTP/1.1. */
export interface Listener {
  readonly url: string;
  /** Takes no more connections, and closes those without a request. Resolves when all are closed. */
  stop(): Promise<void>;
  /** Closes the rest, whatever goes on in them. */
  cut(): void;
  /** Takes a renewed certificate now; says whether there was one. Rejects where it can't be used. */
  renewCertificate(): Promise<boolean>;
}

type ListenerParts = Pick<ServerParts, 'config' | 'clock' | 'log'>;

export async function listen(parts: ListenerParts, handle: RequestListener): Promise<Listener> {
  const { config } = parts;
  const { server, renewing } = await createNodeServer(parts);
  server.maxConnections = mostConnections;
  shareConnections(server, { most: mostConnections, proxies: config.trustedProxies });
  // Beyond a count, Node would leave headers out without a word; their size bounds them.
  server.maxHeadersCount = 0;
  answerClientErrors(server);
  server.on('request', handle);
  // The body's reader gives leave to send it, once it is clear that it is wanted.
  server.on('checkContinue', handle);
  server.on('checkExpectation', handle);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(config.port, config.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return {
    url: urlOf(config, server),
    stop: () =>
      new Promise((resolve) => {
        renewing?.[Symbol.dispose]();
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
    cut: () => server.closeAllConnections(),
    renewCertificate: async () => (await renewing?.renew()) ?? false,
  };
}

async function createNodeServer(
  parts: ListenerParts,
): Promise<{ readonly server: Server; readonly renewing?: Renewal }> {
  const { tls, limits } = parts.config;
  const options: ServerOptions = {
    maxHeaderSize: headerBytes,
    headersTimeout: limits.headersTimeoutMs,
    // Bodies have their own deadline, which lets a streamed one take as long as it goes on.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(5000, Math.max(50, Math.floor(limits.headersTimeoutMs / 4))),
    keepAliveTimeout: keepAliveMs,
    insecureHTTPParser: false,
    // target.ts asks for it, and answers with a problem.
    requireHostHeader: false,
    noDelay: true,
  };
  if (tls === undefined) return { server: createServer(options) };
  const read = await readTlsFiles(tls);
  const server = createTlsServer({
    ...options,
    ...read,
    ...(read.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
    minVersion: 'TLSv1.2',
    handshakeTimeout: limits.headersTimeoutMs,
  });
  return { server, renewing: takeRenewed(server, tls, { ...parts, read }) };
}

function urlOf({ host, tls }: Pick<ServerParts['config'], 'host' | 'tls'>, server: Server): string {
  // A server on a port has an address of this form; only one on a pipe has a text.
  const { port } = server.address() as AddressInfo;
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `${tls === undefined ? 'http' : 'https'}://${name.includes(':') ? `[${name}]` : name}:${port}`;
}
