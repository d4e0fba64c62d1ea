import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import { isJsonObject, type Json, WaterflowFailure } from '../../../schemas/index.ts';

/** The public keys that tokens are signed with. */
export interface KeySet {
  /** The keys, as of now. SERVER_UNAVAILABLE where they can't be had. */
  current(): Promise<JWTVerifyGetKey>;
  /** After a token named a key that `current` doesn't have: a newer set; undefined where there is none. */
  newer(): Promise<JWTVerifyGetKey | undefined>;
}

/** No set of keys is that large. */
export const mostKeySetBytes: number = 1024 * 1024;

/** Reads a JWKS (RFC 7517). SERVER_UNAVAILABLE where it is none; `source` says where it is from. */
export function readKeySet(text: string, source: string): JWTVerifyGetKey {
  let content: Json;
  try {
    content = JSON.parse(text) as Json; // What JSON.parse gives is JSON.
  } catch (cause) {
    throw noKeys(`${source} is not JSON`, cause);
  }
  if (!isJsonObject(content) || !Array.isArray(content['keys']) || !content['keys'].every(isJsonObject)) {
    throw noKeys(`${source} is no JWKS: it has no \`keys\``);
  }
  // jose checks each key where it is used: a private one, or a secret, is none.
  const { keys } = content;
  return createLocalJWKSet({ keys });
}

/** Tokens can't be checked now. */
export function noKeys(message: string, cause?: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'SERVER_UNAVAILABLE',
      message: `tokens can't be checked: ${message}`,
      remedy:
        'Correct `jwt` in the configuration of the server, or wait until its keys can be read again. API keys go on to work.',
    },
    { cause },
  );
}
