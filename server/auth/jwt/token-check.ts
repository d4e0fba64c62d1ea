import { decodeProtectedHeader, errors, type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from 'jose';
import { type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import type { JwtConfig } from '../../config.ts';
import { readJson } from '../../http/json-text.ts';
import type { ServerClock } from '../../parts.ts';
import type { Principal } from '../principal.ts';
import { unauthenticated } from '../refusals.ts';
import { principalOfClaims } from './claims.ts';
import type { KeySet } from './key-set.ts';

/** Asymmetric ones only: `none` proves nothing, and with HS* whoever has the public key could sign. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]+$/u;
/** Of access tokens (RFC 9068) and of those of no type; other types, such as logout tokens, say something else (RFC 8725, 3.11). */
const tokenTypes: ReadonlySet<string> = new Set(['jwt', 'application/jwt', 'at+jwt', 'application/at+jwt']);

/** Whether a text looks like a JWT, true or not. */
export function isTokenLike(text: string): boolean {
  return tokenForm.test(text);
}

/**
 * Checks JWTs against a set of keys. UNAUTHENTICATED for one that isn't proved, is of another issuer or audience, expired or not valid yet;
 * FORBIDDEN for one whose role or tenant is none. Of a token's header only `alg`, `kid` and `typ` mean anything: keys that come with it do not.
 */
export function createTokenCheck(
  config: Omit<JwtConfig, 'jwks'>,
  { keySet, clock }: { readonly keySet: KeySet; readonly clock: Pick<ServerClock, 'now'> },
): (token: string) => Promise<Principal> {
  return async (token) => {
    refuseHeader(token);
    const options: JWTVerifyOptions = {
      algorithms: [...algorithms],
      issuer: config.issuer,
      audience: config.audience,
      clockTolerance: config.clockSkewSeconds,
      currentDate: new Date(clock.now()),
      requiredClaims: ['exp', 'sub'],
    };
    const claims = await verify(token, keySet, options);
    refuseAmbiguous(token);
    return principalOfClaims(claims, config);
  };
}

async function verify(token: string, keySet: KeySet, options: JWTVerifyOptions): Promise<JsonObject> {
  const keys = await keySet.current();
  try {
    return await verifyWith(token, keys, options);
  } catch (cause) {
    const newer = cause instanceof errors.JWKSNoMatchingKey ? await keySet.newer() : undefined;
    if (newer === undefined) throw refusalOf(cause);
    return await verifyWith(token, newer, options).catch((again: unknown) => {
      throw refusalOf(again);
    });
  }
}

async function verifyWith(token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions): Promise<JsonObject> {
  const { payload } = await jwtVerify(token, keys, options);
  return payload as JsonObject; // jose has read it from JSON.
}

/** What says something twice, or isn't I-JSON, is read in one way here and in another one by whoever else reads it (RFC 8725, 2.4). */
function refuseAmbiguous(token: string): void {
  try {
    for (const part of token.split('.').slice(0, 2)) {
      readJson(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')));
    }
  } catch (cause) {
    throw unauthenticated(
      'the token can be read in several ways: it says something twice, or is no I-JSON',
      'Have the issuer write each claim once.',
      { cause },
    );
  }
}

/** What is refused before a key is looked for. */
function refuseHeader(token: string): void {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw unauthenticated('the token is no JWT', undefined, { cause });
  }
  const { alg, crit, typ } = header;
  if (!algorithms.some((algorithm) => algorithm === alg)) {
    throw unauthenticated(
      "the token's algorithm is not accepted",
      `Have the issuer sign with one of ${algorithms.join(', ')}.`,
    );
  }
  if (crit !== undefined) throw unauthenticated('the token has extensions (`crit`), and none is known');
  if (typ !== undefined && !(typeof typ === 'string' && tokenTypes.has(typ.toLowerCase()))) {
    throw unauthenticated(
      "the token's `typ` is none of an access token",
      'Send an access token of type `JWT` or `at+jwt`.',
    );
  }
}

/** In words of ours: what stands in a token that isn't proved is shown to nobody. */
function refusalOf(cause: unknown): WaterflowFailure {
  if (cause instanceof WaterflowFailure) return cause;
  if (cause instanceof errors.JWTExpired) {
    return unauthenticated('the token has expired', 'Get a new one from its issuer.', { cause });
  }
  if (cause instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = cause;
    const words = reason === 'missing' ? 'is missing' : 'is not the one that this server takes';
    return unauthenticated(`the token's claim \`${claim}\` ${words}`, claimRemedy, { cause });
  }
  if (cause instanceof errors.JWKSMultipleMatchingKeys) {
    return unauthenticated('the token does not say which key it is signed with', 'Have the issuer set `kid`.', {
      cause,
    });
  }
  return unauthenticated("the token's signature is by no key of the issuer", claimRemedy, { cause });
}

const claimRemedy = 'Get a token from the issuer, and for the audience, in the configuration of the server (`jwt`).';
