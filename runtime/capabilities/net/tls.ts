import { createSecureContext, rootCertificates, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { ClientCertificate } from './sign.ts';

/** Reading all of the authorities takes longer than a request; the list is the same one all the time. */
const contexts = new WeakMap<readonly string[], SecureContext>();

/**
 * What a TLS connection trusts and shows: Node's own authorities and the operator's. Said outright, so that neither
 * NODE_EXTRA_CA_CERTS, SSL_CERT_FILE nor an option such as --tls-min-v1.0 changes it.
 */
export function clientContext(authorities: readonly string[], client?: ClientCertificate): SecureContext {
  const options: SecureContextOptions = { ca: [...rootCertificates, ...authorities], minVersion: 'TLSv1.2' };
  if (client !== undefined) return createSecureContext({ ...options, ...client });
  const known = contexts.get(authorities) ?? createSecureContext(options);
  contexts.set(authorities, known);
  return known;
}
