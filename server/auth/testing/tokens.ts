import { KeyObject, sign as signBytes } from 'node:crypto';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** An issuer of tokens, with one key. */
export interface TestIssuer {
  readonly publicJwk: JWK;
  /** Signs claims; `header` comes to, or replaces, `alg` and `kid`. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs texts that need be no JSON, by ES256. */
  signTexts(header: string, claims: string): string;
}

/** Makes a key for `algorithm`, named `kid`. */
export async function makeIssuer({
  algorithm = 'ES256',
  kid = 'first',
}: {
  readonly algorithm?: string;
  readonly kid?: string;
} = {}): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  return {
    publicJwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' },
    sign: (claims, header) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: algorithm, kid, typ: 'JWT', ...header }).sign(privateKey),
    signTexts: (header, claims) => signTexts(privateKey, header, claims),
  };
}

function signTexts(key: CryptoKey, header: string, claims: string): string {
  const signed = forge(header, claims).slice(0, -1);
  const signature = signBytes('sha256', Buffer.from(signed), { key: KeyObject.from(key), dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

/** A token of any header, claims and signature, as an attacker makes it. */
export function forge(header: unknown, claims: unknown, signature: string | Uint8Array = ''): string {
  const encode = (value: string | Uint8Array): string => Buffer.from(value).toString('base64url');
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
  return `${encode(text(header))}.${encode(text(claims))}.${encode(signature)}`;
}
