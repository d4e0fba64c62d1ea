import { WaterflowFailure } from '../../schemas/index.ts';
import type { JwtConfig } from '../config.ts';
import type { ServerParts } from '../parts.ts';
import { createConfiguredKeyCheck } from './configured-key.ts';
import { type RequestHeaders, readCredential } from './credentials.ts';
import type { KeySet } from './jwt/key-set.ts';
import { createKeySetFile } from './jwt/key-set-file.ts';
import { createKeySetUrl, type KeySetFetch } from './jwt/key-set-url.ts';
import { createTokenCheck, isTokenLike } from './jwt/token-check.ts';
import { createKeyCheck } from './key-check.ts';
import { createKeyHasher, type KeyHasher } from './key-hash.ts';
import { localPrincipal, mayBeOpen } from './local-access.ts';
import type { Principal } from './principal.ts';
import { unauthenticated } from './refusals.ts';
import { hasKeysOfPeople } from './usable-keys.ts';

/** What authentication is made of. */
export interface AuthenticatorParts extends Pick<ServerParts, 'records' | 'clock' | 'log'> {
  readonly config: Pick<ServerParts['config'], 'host' | 'apiKey' | 'jwt' | 'corsOrigins'>;
  /** How the keys of tokens are fetched, where `config.jwt` has a URL. */
  readonly fetchKeySet?: KeySetFetch;
  /** Default: a hasher of its own. */
  readonly hasher?: KeyHasher;
}

/** Says who asks, or throws UNAUTHENTICATED or FORBIDDEN. `remote` is the client's address. */
export type Authenticate = (headers: RequestHeaders, remote: string) => Promise<Principal>;

/** Authenticates by API_KEY, API keys and JWTs; where there never was one of them and the server is this machine's own, everybody is its admin. */
export function createAuthenticator(parts: AuthenticatorParts): Authenticate {
  const { config, records, clock, log } = parts;
  const configured = createConfiguredKeyCheck(config.apiKey);
  const keyOf = createKeyCheck({ keys: records.keys, hasher: parts.hasher ?? createKeyHasher(), clock, log });
  const tokenOf =
    config.jwt === undefined ? undefined : createTokenCheck(config.jwt, { keySet: keySetOf(config.jwt, parts), clock });
  const isOpen = openness(parts);
  return async (headers, remote) => {
    const credential = readCredential(headers);
    if (credential === undefined) {
      if (!(await isOpen())) throw unauthenticated('the request has no API key and no token');
      return localPrincipal(headers, { remote, origins: config.corsOrigins });
    }
    const principal = configured(credential);
    if (principal !== undefined) return principal;
    if (tokenOf !== undefined && isTokenLike(credential)) return tokenOf(credential);
    return keyOf(credential);
  };
}

/**
 * Found out with each request: the first key closes the server at once, whoever makes it and wherever. That keys expire or are revoked opens
 * it to nobody.
 */
function openness({ config, records }: AuthenticatorParts): () => Promise<boolean> {
  let closed = !mayBeOpen(config);
  return async () => {
    closed ||= await hasKeysOfPeople(records.keys);
    return !closed;
  };
}

function keySetOf({ jwks }: JwtConfig, { fetchKeySet, clock, log }: AuthenticatorParts): KeySet {
  if ('file' in jwks) return createKeySetFile(jwks.file);
  const { allowPrivate = false } = jwks;
  const url = URL.canParse(jwks.url) ? new URL(jwks.url) : undefined;
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || fetchKeySet === undefined) {
    throw new WaterflowFailure({
      code: 'USAGE',
      message: '`jwt.jwks-url` is no HTTPS URL that this server can fetch',
      remedy: 'Write an https:// URL without user and password, or a file as `jwt.jwks-file`.',
    });
  }
  return createKeySetUrl({ url, allowPrivate }, { fetch: fetchKeySet, clock, log });
}
