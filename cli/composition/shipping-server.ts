import type { ShippingServer } from '../../agent/shipping/ask-server.ts';
import { tlsConnections } from '../../agent/shipping/tls-connections.ts';
import { readTlsMaterial } from '../../agent/tls-material.ts';
import type { ShippingSettings } from './agent-config.ts';
import { readPem } from './pem.ts';

/** The server that an agent's configuration names. Throws WaterflowFailure FILE_NOT_READABLE where a certificate can't be read. */
export function shippingServer({ url, key, tls }: ShippingSettings): ShippingServer {
  if (tls === undefined) return { url, key };
  const read = () => readTlsMaterial(tls, (file) => readPem(file).toString());
  return { url, key, connections: tlsConnections(read, () => performance.now()) };
}
