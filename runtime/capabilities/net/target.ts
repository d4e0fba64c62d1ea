import type { LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { assertNever } from '../../../schemas/index.ts';
import type { Recheck } from '../../grants/api.ts';
import { CallFailure } from '../capability.ts';
import { addressWords, classifyAddress } from './addresses.ts';
import type { NetDemand } from './call.ts';
import { addressesOfName, deniedAddress } from './lookup.ts';
import type { NetPowers } from './powers.ts';
import type { NetEffective } from './rule.ts';

/** Where a request goes: a URL and the very addresses that were checked, so that no second lookup can answer otherwise. */
export interface Target {
  readonly url: URL;
  readonly addresses: readonly LookupAddress[];
  /** What holds for a request to these addresses. */
  readonly effective: NetEffective;
  /** Where the connection goes in the place of the URL's host, if so: the addresses are its. */
  readonly proxy?: { readonly host: string; readonly port: number };
}

/** What a target must be. */
export interface TargetRequirements {
  /** Asks the grant for an address that a name has, and for any that isn't an ordinary one. */
  readonly ask: (found: Pick<NetDemand, 'address' | 'resolved'>) => Recheck<NetEffective>;
  readonly effective: NetEffective;
  readonly lookup: NetPowers['lookup'];
  readonly signal: AbortSignal;
}

/** Finds the addresses of a URL's host; refuses the host if one of them may not be connected to. */
export async function findTarget(url: URL, requirements: TargetRequirements): Promise<Target> {
  const host = hostOf(url);
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host, requirements) : [{ address: host, family }];
  let { effective } = requirements;
  for (const { address } of addresses) {
    const literal = family !== 0;
    if (!literal) requireNotDenied({ host, address }, requirements);
    const name = literal ? address : `\`${host}\` has the address ${address}, which`;
    effective = requireAddress(address, { ...requirements, effective, name, literal });
  }
  return { url, addresses, effective };
}

/** A name is asked for that long before a proxy is: behind one, the agent often has no resolver that answers. */
const proxiedLookupMs = 3000;
/** What a resolver answers, rather than fails with, for a name that has no address. */
const nameless: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA']);

/**
 * Finds the addresses of the proxy that a request goes by. The host's own are checked as {@link findTarget} does where the agent can
 * resolve it. A name that the agent's resolver doesn't know, and what the proxy makes of any, is left to the operator's proxy, which
 * each layer has named. Where the resolver fails, nobody knows what the name leads to: then private addresses must be allowed.
 */
export async function findProxied(url: URL, proxy: string, requirements: TargetRequirements): Promise<Target> {
  const at = new URL(`http://${proxy}`);
  const [host, own] = [hostOf(at), hostOf(url)];
  let { effective } = requirements;
  const found = isIP(own) === 0 ? await lookUp(own, requirements) : 'there';
  if (found === 'there') effective = (await findTarget(url, requirements)).effective;
  if (typeof found === 'object') effective = unchecked(own, found.trouble, requirements);
  const family = isIP(host);
  const addresses = family === 0 ? await resolve(host, requirements) : [{ address: host, family }];
  for (const { address } of addresses) {
    const kind = classifyAddress(address);
    if (kind === 'unusable' || (kind === 'metadata' && family === 0)) {
      throw new CallFailure(
        'DENIED',
        `the proxy \`${proxy}\` has the address ${address}, which ${addressWords[kind]}`,
        {
          rule: 'net: addresses of proxies',
          remedy: 'Name a proxy at an ordinary address.',
        },
      );
    }
  }
  return { url, addresses, effective, proxy: { host, port: Number(at.port === '' ? 80 : at.port) } };
}

/** Without the brackets of IPv6. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1');
}

/** What the agent's resolver says of a name that a proxy is asked for; `trouble` where it doesn't say. */
async function lookUp(
  host: string,
  requirements: TargetRequirements,
): Promise<'there' | 'nameless' | { readonly trouble: string }> {
  const late = AbortSignal.timeout(proxiedLookupMs);
  try {
    await addressesOfName(host, { ...requirements, signal: AbortSignal.any([requirements.signal, late]) });
    return 'there';
  } catch (cause) {
    if (requirements.signal.aborted) throw cause;
    // It answered, without an address.
    if (cause instanceof CallFailure) return 'nameless';
    const code = codeOf(cause);
    if (nameless.has(code)) return 'nameless';
    return { trouble: late.aborted ? `no answer within ${proxiedLookupMs} ms` : (code ?? 'the resolver failed') };
  }
}

/** What holds where an address can't be checked: it may be a private one. */
function unchecked(host: string, trouble: string, { ask }: TargetRequirements): NetEffective {
  const answer = ask({ address: 'private' });
  if (answer.kind === 'allowed') return answer.effective;
  throw new CallFailure(
    'FAILED',
    `the name \`${host}\` can't be resolved (${trouble}), so that nothing tells whether a proxy would reach a private address by it`,
    {
      remedy:
        'Try again; where only the proxy can resolve names, say `private: true` in the permission, and in an entry that the policy writes out.',
    },
  );
}

/** Of an error of the system. */
function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

/** The addresses of a name; says of one that can't be resolved why. */
async function resolve(host: string, requirements: TargetRequirements): Promise<readonly LookupAddress[]> {
  try {
    return await addressesOfName(host, requirements);
  } catch (cause) {
    if (requirements.signal.aborted || cause instanceof CallFailure) throw cause;
    const code = codeOf(cause);
    throw new CallFailure('FAILED', `the name \`${host}\` can't be resolved${code === undefined ? '' : ` (${code})`}`);
  }
}

/** A deny rule for an address is for the names that have it, too; of an address that the URL names it was asked before. */
function requireNotDenied(
  { host, address }: { readonly host: string; readonly address: string },
  { ask }: TargetRequirements,
): void {
  const answer = ask({ resolved: address });
  if (answer.kind === 'denied') throw deniedAddress({ host, address }, answer.denial);
}

/** What holds once this address is one of the target's. Throws CallFailure where it may not be connected to. */
function requireAddress(
  address: string,
  target: TargetRequirements & { readonly name: string; readonly literal: boolean },
): NetEffective {
  const kind = classifyAddress(address);
  switch (kind) {
    case 'public':
      return target.effective;
    case 'private':
      return asked(target, kind);
    case 'metadata':
      if (target.literal) return asked(target, kind);
      // A name could lead there tomorrow, whoever it belongs to.
      throw new CallFailure('DENIED', `${target.name} ${addressWords[kind]}`, {
        rule: 'net: metadata addresses',
        remedy: 'Name the address itself in the `url` of the permission and of the policy, with `private: true`.',
      });
    case 'unusable':
      throw new CallFailure('DENIED', `${target.name} ${addressWords[kind]}`, {
        rule: 'net: multicast and reserved addresses',
        remedy: 'Name an ordinary address.',
      });
    default:
      return assertNever(kind);
  }
}

function asked(target: TargetRequirements & { readonly name: string }, kind: 'private' | 'metadata'): NetEffective {
  const answer = target.ask({ address: kind });
  if (answer.kind === 'allowed') return answer.effective;
  const { message, rule, remedy } = answer.denial;
  throw new CallFailure('DENIED', `${target.name} ${addressWords[kind]}: ${message}`, { rule, remedy });
}
