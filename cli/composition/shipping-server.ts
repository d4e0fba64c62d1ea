import type { ShippingServer } from '../../agent/shipping/ask-server.ts';
import { type TlsMaterial, tlsConnections } from '../../agent/shipping/tls-connections.ts';
import type { ShippingSettings } from './agent-config.ts';
import { readPem } from './pem.ts';

/** The server that an agent's configuration names. Throws WaterflowFailure FILE_NOT_READABLE where a certificate can't be read. */
export function shippingServer({ url, key, tls }: ShippingSettings): ShippingServer {
  if (tls === undefined) return { url, key };
  const { ca, client } = tls;
  const read = (): TlsMaterial => ({
    ...(ca === undefined ? {} : { ca: readPem(ca).toString() }),
    ...(client === undefined ? {} : { cert: readPem(client.cert).toString(), key: readPem(client.key).toString() }),
  });
  return { url, key, connections: tlsConnections(read, () => performance.now()) };
}
