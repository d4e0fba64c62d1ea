import { WaterflowFailure } from '../../schemas/index.ts';
import type { ServerConfig } from '../../server/config.ts';

/** Why a server can't listen where it should, in words and with what to do. */
export function listenFailure(config: Pick<ServerConfig, 'host' | 'port' | 'tls'>, cause: unknown): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  const { message, remedy } = explain(config, cause);
  return new WaterflowFailure({ code: 'USAGE', message, remedy }, { cause });
}

function explain(
  { host, port, tls }: Pick<ServerConfig, 'host' | 'port' | 'tls'>,
  cause: unknown,
): { readonly message: string; readonly remedy: string } {
  const { code, path, message } = Object(cause) as Partial<NodeJS.ErrnoException>;
  switch (code) {
    case 'EADDRINUSE':
      return {
        message: `port ${port} of ${host} is in use by another program`,
        remedy: `Stop that program (\`ss -ltnp 'sport = :${port}'\` shows it), or choose another port: --port, PORT or \`port\`.`,
      };
    case 'EACCES':
      if (path !== undefined) break;
      return {
        message: `this user may not listen on port ${port}`,
        remedy: 'Choose a port from 1024 on, and let a proxy have the lower one.',
      };
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        message: `${host} is no address of this machine`,
        remedy:
          'Set HOST (or --host, `host`) to 127.0.0.1, to 0.0.0.0 for all addresses, or to one that `ip address` shows.',
      };
    default:
  }
  if (tls !== undefined) {
    return {
      message: `TLS can't be served with ${tls.cert} and ${tls.key}: ${message ?? String(cause)}`,
      remedy: 'Give a certificate and its private key in PEM, which this user may read, as `tls.cert` and `tls.key`.',
    };
  }
  return { message: `cannot listen on ${host}:${port}: ${message ?? String(cause)}`, remedy: 'Check HOST and PORT.' };
}
