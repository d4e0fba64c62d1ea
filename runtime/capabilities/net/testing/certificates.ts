import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A self-signed certificate with its key, in PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
  /** Where the certificate lies. */
  readonly file: string;
}

/** A program that every machine has which these tests run on. */
const openssl = 'openssl';

/** Makes what Node can't: a certificate, for 127.0.0.1 and that name. */
export function makeCertificate(folder: string, name = 'localhost'): TestCertificate {
  const [key, cert] = [join(folder, `${name}-key.pem`), join(folder, `${name}-cert.pem`)];
  const algorithm = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=IP:127.0.0.1,DNS:${name}`];
  execFileSync(openssl, ['req', '-x509', ...algorithm, ...subject, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8'), file: cert };
}
