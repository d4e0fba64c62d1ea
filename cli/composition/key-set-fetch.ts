import type { LookupAddress } from 'node:dns';
import { lookup as lookupName } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { addressWords, classifyAddress } from '../../runtime/capabilities/net/addresses.ts';
import { operatorAuthorities } from '../../runtime/capabilities/net/authorities.ts';
import type { ExchangeAnswer } from '../../runtime/capabilities/net/exchange.ts';
import { addressesOfName } from '../../runtime/capabilities/net/lookup.ts';
import type { NetPowers } from '../../runtime/capabilities/net/powers.ts';
import type { KeySetFetch } from '../../server/auth/jwt/key-set-url.ts';

/** What fetching keys needs of the outside. */
export type KeySetFetchPowers = Pick<NetPowers, 'lookup'> & {
  /** Certificate authorities in PEM beside those that Node brings. */
  readonly authorities: () => readonly string[];
};

/** The machine's own resolver, and the authorities that WATERFLOW_CA_FILE adds. */
export function keySetFetchPowers(env: Readonly<Record<string, string | undefined>>): KeySetFetchPowers {
  return { lookup: (name) => lookupName(name, { all: true, verbatim: true }), authorities: operatorAuthorities(env) };
}

/**
 * Fetches the keys that tokens are signed with, by the same way out as plugins' requests: the address that was checked is the one that is
 * connected to, certificates are verified whatever the environment says, and no redirect is followed. Link-local addresses and those that give out
 * a cloud machine's credentials are refused always, private ones unless `allowPrivate`.
 */
export function createKeySetFetch({ lookup, authorities }: KeySetFetchPowers): KeySetFetch {
  return async (url, { allowPrivate, mostBytes, timeoutMs }) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const addresses = await addressesOf(url, { lookup, signal });
    for (const { address } of addresses) refuseAddress(address, { allowPrivate });
    const { exchange } = await import('../../runtime/capabilities/net/exchange.ts');
    await using answer = await exchange({
      target: { url, addresses },
      method: 'GET',
      headers: new Map([['accept', 'application/jwk-set+json, application/json']]),
      body: undefined,
      authorities: authorities(),
      client: undefined,
      signal,
    });
    requireOk(answer);
    return await readBounded(answer.body, mostBytes);
  };
}

async function addressesOf(
  url: URL,
  { lookup, signal }: { readonly lookup: NetPowers['lookup']; readonly signal: AbortSignal },
): Promise<readonly LookupAddress[]> {
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  const family = isIP(host);
  return family === 0 ? addressesOfName(host, { lookup, signal }) : [{ address: host, family }];
}

function refuseAddress(address: string, { allowPrivate }: { readonly allowPrivate: boolean }): void {
  const kind = classifyAddress(address);
  if (kind === 'public' || (kind === 'private' && allowPrivate)) return;
  const remedy = kind === 'private' ? '; `jwt.jwks-allow-private: true` allows it' : '';
  throw new Error(`${address} ${addressWords[kind]}${remedy}`);
}

function requireOk({ status }: ExchangeAnswer): void {
  if (status === 200) return;
  throw new Error(
    status >= 300 && status < 400 ? `a redirect (${status}) is not followed` : `the status is ${status}, not 200`,
  );
}

async function readBounded(body: Readable, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`the answer is larger than ${mostBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
