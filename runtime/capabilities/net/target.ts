import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { assertNever } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import { classifyAddress } from './addresses.ts';
import type { NetPowers } from './powers.ts';
import type { NetEffective } from './rule.ts';

/** Where a request goes: a URL and the very addresses that were checked, so that no second lookup can answer otherwise. */
export interface Target {
  readonly url: URL;
  readonly addresses: readonly LookupAddress[];
}

/** What a target must be. */
export interface TargetRequirements {
  readonly effective: NetEffective;
  readonly lookup: NetPowers['lookup'];
  readonly signal: AbortSignal;
}

/** Finds the addresses of a URL's host; refuses the host if one of them may not be connected to. */
export async function findTarget(url: URL, requirements: TargetRequirements): Promise<Target> {
  const { effective } = requirements;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host, requirements) : [{ address: host, family }];
  for (const { address } of addresses) {
    const refusal = refusalOfAddress(address, { effective, literal: family !== 0 });
    if (refusal === undefined) continue;
    const name = family === 0 ? `\`${host}\` has the address ${address}, which` : address;
    throw new CallFailure('DENIED', `${name} ${refusal.why}`, { rule: refusal.rule, remedy: refusal.remedy });
  }
  return { url, addresses };
}

/** A lookup can't be aborted, so the call stops waiting for it. */
async function resolve(host: string, { lookup, signal }: TargetRequirements): Promise<readonly LookupAddress[]> {
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    signal.throwIfAborted();
    const addresses = await Promise.race([lookup(host), aborted.promise]);
    if (addresses.length === 0) throw new CallFailure('FAILED', `the name \`${host}\` has no address`);
    return addresses;
  } catch (cause) {
    if (signal.aborted || cause instanceof CallFailure) throw cause;
    const code = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : '';
    throw new CallFailure('FAILED', `the name \`${host}\` can't be resolved${code}`);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

interface Refusal {
  readonly why: string;
  readonly rule: string;
  readonly remedy: string;
}

function refusalOfAddress(
  address: string,
  { effective, literal }: { readonly effective: NetEffective; readonly literal: boolean },
): Refusal | undefined {
  const kind = classifyAddress(address);
  switch (kind) {
    case 'public':
      return undefined;
    case 'private':
      if (effective.private) return undefined;
      return {
        why: 'is a private address',
        rule: 'net: private addresses',
        remedy: 'Allow it with `private: true` in the permission and in the policy.',
      };
    case 'metadata':
      if (effective.private && effective.namesHost && literal) return undefined;
      return {
        why: 'is link-local or gives out the credentials of a cloud machine',
        rule: 'net: metadata addresses',
        remedy: 'Name the address itself in the `url` of the permission and of the policy, with `private: true`.',
      };
    case 'unusable':
      return {
        why: 'is no address of one machine',
        rule: 'net: multicast and reserved addresses',
        remedy: 'Name an ordinary address.',
      };
    default:
      return assertNever(kind);
  }
}
