import { lookup as lookupName } from 'node:dns/promises';
import { isIP } from 'node:net';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Records } from '../../storage/records/port.ts';
import type { ServerConfig } from '../config.ts';
import { isLoopbackAddress } from './loopback.ts';
import { countUsableKeys, hasKeysOfPeople } from './usable-keys.ts';

/** What the check needs of the outside. */
export interface SafeStartPowers {
  /** All addresses of a name. Rejects where it has none. */
  readonly lookup: (name: string) => Promise<readonly { readonly address: string }[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const realPowers: SafeStartPowers = {
  lookup: (name) => lookupName(name, { all: true }),
  now: () => Date.now(),
};

/** Shorter ones can be guessed, over weeks. */
const shortApiKey = 16;

/**
 * Refuses to start a server that others than this machine can reach and that has no key or token to ask for: USAGE. Resolves with what
 * its operator should know.
 */
export async function assertSafeToStart(
  config: Pick<ServerConfig, 'host' | 'apiKey' | 'jwt'>,
  records: Pick<Records, 'keys'>,
  { lookup, now }: SafeStartPowers = realPowers,
): Promise<{ readonly warnings: readonly string[] }> {
  const { host, jwt } = config;
  const apiKey = config.apiKey === '' ? undefined : config.apiKey;
  const reach = await reachOf(host, lookup);
  const keys = await countUsableKeys(records.keys, now());
  const warnings: string[] = [];
  if (reach !== undefined && apiKey === undefined && jwt === undefined && keys.people + keys.agents === 0) {
    throw openServer(reach);
  }
  if (reach !== undefined && apiKey !== undefined && apiKey.length < shortApiKey) {
    warnings.push(`API_KEY has fewer than ${shortApiKey} characters: make one with \`openssl rand -hex 32\``);
  }
  if (reach === undefined && apiKey === undefined && jwt === undefined && keys.people === 0) {
    warnings.push(
      (await hasKeysOfPeople(records.keys))
        ? 'all API keys are expired or revoked: make one with `waterflow keys new`'
        : 'there is no API_KEY: every program on this machine is the admin of tenant `default`',
    );
  }
  return { warnings };
}

/** How others reach a host; undefined where only this machine does. */
async function reachOf(host: string, lookup: SafeStartPowers['lookup']): Promise<string | undefined> {
  if (isLoopbackAddress(host)) return undefined;
  // An empty host is all addresses, to Node.
  if (host === '' || isIP(host.replace(/^\[(.*)\]$/u, '$1')) !== 0) return `the address ${host === '' ? '::' : host}`;
  const addresses = await lookup(host).catch((cause: unknown) => {
    throw unknownHost(host, cause);
  });
  const outside = addresses.find(({ address }) => !isLoopbackAddress(address));
  if (addresses.length > 0 && outside === undefined) return undefined;
  return `the name ${host}, which is ${outside?.address ?? 'no address'}`;
}

function openServer(reach: string): WaterflowFailure {
  return new WaterflowFailure({
    code: 'USAGE',
    message: `others than this machine can reach ${reach}, and the server has neither API_KEY nor any API key nor tokens to ask for`,
    remedy:
      'Set API_KEY to a long random text (`openssl rand -hex 32`), or make a key with `waterflow keys new`; or listen on 127.0.0.1.',
  });
}

function unknownHost(host: string, cause: unknown): WaterflowFailure {
  return new WaterflowFailure(
    {
      code: 'USAGE',
      message: `the name ${host} of HOST has no address`,
      remedy: 'Set HOST to an address of this machine, such as 127.0.0.1.',
    },
    { cause },
  );
}
