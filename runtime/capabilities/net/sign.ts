import { createSecureContext } from 'node:tls';
import { assertNever } from '../../../schemas/index.ts';
import { CallFailure, type SecretVault } from '../capability.ts';
import { type NetAuth, secretsOf } from './auth.ts';
import { requireHeaderValue } from './headers.ts';
import { emptySha256, type RequestBody } from './request-body.ts';

/** A request as it goes out, but for its signature. */
export interface UnsignedRequest {
  readonly url: URL;
  readonly method: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: RequestBody | undefined;
}

/** Where the values come from. */
export interface SigningPowers {
  readonly secrets: SecretVault;
  readonly clock: { now(): number };
}

/** What signing adds to a request. */
export interface Signature {
  readonly headers: ReadonlyMap<string, string>;
  /** What went out in a secret's place, where that isn't the secret itself, with the secret's name. */
  readonly encoded: readonly { readonly form: string; readonly secret: string }[];
  readonly client: ClientCertificate | undefined;
}

/** What the agent shows to the server, in PEM. */
export interface ClientCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Headers that are never signed: they are no part of what is asked for, and proxies change them. */
const unsignedHeaders: ReadonlySet<string> = new Set(['accept', 'accept-encoding', 'content-length', 'user-agent']);

/**
 * Signs a request. Throws NOT_FOUND where the run has no such secret, INVALID_ARGUMENTS where the plugin set a header that is
 * the signature's own, FAILED where a secret's value can't be what the entry says it is.
 */
export async function signRequest(auth: NetAuth, request: UnsignedRequest, powers: SigningPowers): Promise<Signature> {
  const signature = await makeSignature(auth, request, powers);
  for (const [name, value] of signature.headers) {
    if (request.headers.has(name)) {
      throw new CallFailure('INVALID_ARGUMENTS', `the header \`${name}\` is the agent's own: the entry says \`auth\``);
    }
    requireHeaderValue(name, value);
  }
  return signature;
}

async function makeSignature(auth: NetAuth, request: UnsignedRequest, powers: SigningPowers): Promise<Signature> {
  const secret = secretReader(powers.secrets);
  const unencoded = { encoded: [], client: undefined };
  switch (auth.scheme) {
    case 'bearer':
      return { ...unencoded, headers: new Map([['authorization', `Bearer ${secret(auth.secret)}`]]) };
    case 'basic': {
      const form = Buffer.from(`${auth.user}:${secret(auth.secret)}`).toString('base64');
      return {
        headers: new Map([['authorization', `Basic ${form}`]]),
        encoded: [{ form, secret: auth.secret }],
        client: undefined,
      };
    }
    case 'header':
      return { ...unencoded, headers: new Map([[auth.header, secret(auth.secret)]]) };
    case 'aws-sigv4':
      return { ...unencoded, headers: await awsHeaders(auth, request, powers) };
    case 'client-cert': {
      const client = { cert: secret(auth.certificate), key: secret(auth.key) };
      requireClientCertificate(auth, client);
      return { headers: new Map(), encoded: [], client };
    }
    default:
      return assertNever(auth);
  }
}

function secretReader(vault: SecretVault): (name: string) => string {
  return (name) => {
    const placeholder = vault.placeholder(name);
    if (placeholder !== undefined) return vault.reveal(placeholder, [name]).text;
    throw new CallFailure('NOT_FOUND', `the run has no secret \`${name}\`, which the request is to be signed with`);
  };
}

/**
 * Signature version 4. The body's SHA-256 is always signed, never UNSIGNED-PAYLOAD: what was granted is exactly this request. A
 * file is read once for the digest and once to send it; if it changes in between, the service refuses the request.
 */
async function awsHeaders(
  auth: Extract<NetAuth, { readonly scheme: 'aws-sigv4' }>,
  { url, method, headers, body }: UnsignedRequest,
  { secrets, clock }: SigningPowers,
): Promise<ReadonlyMap<string, string>> {
  const secret = secretReader(secrets);
  const taken = awsOwnHeaders.find((name) => headers.has(name));
  if (taken !== undefined) {
    throw new CallFailure('INVALID_ARGUMENTS', `the header \`${taken}\` is the agent's own: the entry says \`auth\``);
  }
  const own: Record<string, string> = {
    host: url.host,
    'x-amz-content-sha256': (await body?.sha256()) ?? emptySha256,
    'x-amz-date': new Date(clock.now()).toISOString().replace(/[:-]|\.\d{3}/g, ''),
  };
  if (auth.sessionToken !== undefined) own['x-amz-security-token'] = secret(auth.sessionToken);
  const signed = Object.fromEntries([...headers].filter(([name]) => !unsignedHeaders.has(name)));
  // Loaded when it is needed: few requests are signed like this.
  // It is CommonJS, of which Node sees no names.
  const { sign } = (await import('aws4')).default;
  const request = {
    // S3 signs a path as it is; aws4 1.13 decodes it first, and throws at what isn't UTF-8.
    path: `${url.pathname}${url.search}`,
    method,
    headers: { ...signed, ...own },
    service: auth.service,
    region: auth.region,
  };
  const credentials = {
    accessKeyId: secret(auth.accessKeyId),
    secretAccessKey: secret(auth.secretAccessKey),
  };
  const authorization = signedBy(() => sign(request, credentials).headers?.['Authorization'], url);
  const { host: _signedOnly, ...sent } = own;
  return new Map([...Object.entries(sent), ['authorization', authorization]]);
}

/** Headers that the signature brings with it. */
const awsOwnHeaders: readonly string[] = [
  'authorization',
  'date',
  'x-amz-content-sha256',
  'x-amz-date',
  'x-amz-security-token',
];

function signedBy(sign: () => unknown, url: URL): string {
  let authorization: unknown;
  try {
    authorization = sign();
  } catch {
    throw new CallFailure('INVALID_ARGUMENTS', `\`${url.pathname}\` is not UTF-8 and can't be signed`);
  }
  if (typeof authorization === 'string') return authorization;
  throw new TypeError('aws4 made no signature');
}

/** Says which secrets are wrong, and nothing of what they hold. */
function requireClientCertificate(
  auth: Extract<NetAuth, { readonly scheme: 'client-cert' }>,
  client: ClientCertificate,
): void {
  try {
    createSecureContext({ ...client });
  } catch {
    const [certificate, key] = secretsOf(auth);
    throw new CallFailure(
      'FAILED',
      `the secrets \`${certificate}\` and \`${key}\` are not a certificate and its unencrypted private key in PEM`,
    );
  }
}
