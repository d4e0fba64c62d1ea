import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { CallFailure } from '../capability.ts';

/** The operator's file of certificate authorities, beside those that Node brings: for servers inside of a company. */
const variable = 'WATERFLOW_CA_FILE';

/**
 * Reads the authorities that the operator added, once. A file that can't be used fails each call that would trust it, with the
 * reason: to go on without it would look like a server's fault.
 */
export function operatorAuthorities(
  environment: Readonly<Record<string, string | undefined>>,
): () => readonly string[] {
  let read: readonly string[] | undefined;
  return () => {
    read ??= readAuthorities(environment[variable]);
    return read;
  };
}

function readAuthorities(file: string | undefined): readonly string[] {
  if (file === undefined || file === '') return [];
  const remedy = `Let ${variable} name a readable file with certificates in PEM.`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new CallFailure('FAILED', `the agent can't read the certificate authorities that ${variable} names`, {
      remedy,
    });
  }
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length > 0 && certificates.every(isCertificate)) return certificates;
  throw new CallFailure('FAILED', `${variable} names a file that holds no certificates in PEM`, { remedy });
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}
