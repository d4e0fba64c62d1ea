import type { LookupAddress } from 'node:dns';
import type { Denial } from '../../host-call.ts';
import { CallFailure } from '../capability.ts';
import type { NetPowers } from './powers.ts';

/** All addresses of a name. A lookup can't be aborted, so waiting for it ends; rejects with the signal's reason, or as it does. */
export async function addressesOfName(
  host: string,
  { lookup, signal }: { readonly lookup: NetPowers['lookup']; readonly signal: AbortSignal },
): Promise<readonly LookupAddress[]> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const addresses = await Promise.race([lookup(host), aborted.promise]);
    if (addresses.length === 0) throw new CallFailure('FAILED', `the name \`${host}\` has no address`);
    return addresses;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A deny rule for an address is for the names that have it, too. */
export function deniedAddress(
  { host, address }: { readonly host: string; readonly address: string },
  { message, rule, remedy }: Denial,
): CallFailure {
  return new CallFailure('DENIED', `\`${host}\` has the address ${address}: ${message}`, { rule, remedy });
}
