import type { SignatureDocument } from '../../schemas/generated/signatures.ts';
import { assertNever, type ErrorCode } from '../../schemas/index.ts';
import { refused } from '../packages/refused.ts';
import { isAbout, signersNeeded, type TrustedKey, type TrustPolicy } from './policy.ts';
import { isSignatureOf, requireSameStatement, type Signable } from './signatures.ts';

/** What there is to say of one signature. Only a `good` one counts. */
export type SignatureState =
  | { readonly state: 'good' }
  /** The key did not make it. */
  | { readonly state: 'wrong' }
  /** The policy doesn't know the key. */
  | { readonly state: 'unknown' }
  | { readonly state: 'revoked'; readonly reason: string }
  | { readonly state: 'not-yet' | 'over'; readonly time: number }
  /** The policy trusts the key for plugins of other names. */
  | { readonly state: 'other-plugins'; readonly plugins: readonly string[] };

/** One signature of a package, as a trust policy sees it. `name`: the signer, where the policy knows the key. */
export type JudgedSignature = { readonly key: string; readonly name?: string } & SignatureState;

/** Who signed. */
export interface Signer {
  readonly name: string;
  /** The ids of the keys with which this signer did. */
  readonly keys: readonly string[];
}

/** What a trust policy makes of the signatures of a package. */
export interface Judgement {
  readonly signatures: readonly JudgedSignature[];
  /** By whom there is a good signature, by name. */
  readonly signers: readonly Signer[];
  /** How many signers the policy wants. */
  readonly needed: number;
}

/** `now`: milliseconds since 1970. Signatures tell no time of their own, so keys have to be valid when one verifies. */
export interface VerifyOptions {
  readonly now: number;
}

/** What each signature is worth. Nothing is thrown for what is not worth enough: see {@link verifyPackage}. */
export function judgeSignatures(
  opened: Signable,
  document: SignatureDocument | undefined,
  trust: TrustPolicy,
  { now }: VerifyOptions,
): Judgement {
  const { name } = opened.manifest;
  const signatures = (document?.signatures ?? []).map(({ key: id, signature }) =>
    judgedKey(id, { trust, now, name, isSigned: (key) => isSignatureOf(opened, signature, key) }),
  );
  return judgementOf(signatures, name, trust);
}

/** What there is to know when a signature of a key is judged. */
interface Judging extends VerifyOptions {
  readonly trust: TrustPolicy;
  /** The plugin's. */
  readonly name: string;
  readonly isSigned: (key: TrustedKey) => boolean;
}

function judgedKey(id: string, { trust, now, name, isSigned }: Judging): JudgedSignature {
  const key = trust.keys.find((known) => known.id === id);
  const reason = trust.revokedKeys.get(id);
  const named = key === undefined ? { key: id } : { key: id, name: key.name };
  if (reason !== undefined) return { ...named, state: 'revoked', reason };
  if (key === undefined) return { ...named, state: 'unknown' };
  if (!isSigned(key)) return { ...named, state: 'wrong' };
  return { ...named, ...stateOf(key, name, now) };
}

function judgementOf(signatures: readonly JudgedSignature[], name: string, trust: TrustPolicy): Judgement {
  const sorted = signatures.toSorted((left, right) => (rankOf(left) < rankOf(right) ? -1 : 1));
  return { signatures: sorted, signers: signersOf(sorted), needed: signersNeeded(trust, name) };
}

/**
 * Whether enough of those whom the policy trusts for this plugin have signed exactly this package. Signatures that count for
 * nothing take nothing away from those that do. Throws PACKAGE_REVOKED, PACKAGE_MANIFEST_CHANGED, and the SIGNATURE_ and
 * SIGNING_KEY_ codes.
 */
export function verifyPackage(
  opened: Signable,
  document: SignatureDocument | undefined,
  trust: TrustPolicy,
  options: VerifyOptions,
): Judgement {
  const revoked = trust.revokedPackages.get(opened.digest);
  const { name, version } = opened.manifest;
  if (revoked !== undefined) throw refused('PACKAGE_REVOKED', `${name} ${version} is revoked: ${revoked}`);
  if (document !== undefined) requireSameStatement(opened, document);
  const judgement = judgeSignatures(opened, document, trust, options);
  if (judgement.signers.length >= judgement.needed) return judgement;
  throw tooFew(`${name} ${version}`, judgement);
}

/** A package that was verified once, and whose bytes aren't at hand. */
export interface VerifiedOnce {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly signers: readonly { readonly keys: readonly string[] }[];
}

/**
 * Whether a package could still be trusted whose signatures were found good when it was installed: by what its signers' keys count for now.
 * It proves nothing of any bytes. Throws as {@link verifyPackage} does.
 */
export function verifySigners(once: VerifiedOnce, trust: TrustPolicy, { now }: VerifyOptions): Judgement {
  const { name, version, digest, signers } = once;
  const revoked = trust.revokedPackages.get(digest);
  if (revoked !== undefined) throw refused('PACKAGE_REVOKED', `${name} ${version} is revoked: ${revoked}`);
  const keys = signers.flatMap((signer) => signer.keys);
  const judged = keys.map((id) => judgedKey(id, { trust, now, name, isSigned: () => true }));
  const judgement = judgementOf(judged, name, trust);
  if (judgement.signers.length >= judgement.needed) return judgement;
  throw tooFew(`${name} ${version}`, judgement);
}

/** By the signer's name, and those without one at the end. */
function rankOf({ name, key }: JudgedSignature): string {
  return name === undefined ? `1 ${key}` : `0 ${name} ${key}`;
}

function stateOf({ notBefore, notAfter, plugins }: TrustedKey, plugin: string, now: number): SignatureState {
  if (!isAbout(plugins, plugin)) return { state: 'other-plugins', plugins };
  if (notBefore !== undefined && now < notBefore) return { state: 'not-yet', time: notBefore };
  if (notAfter !== undefined && now >= notAfter) return { state: 'over', time: notAfter };
  return { state: 'good' };
}

function signersOf(signatures: readonly JudgedSignature[]): readonly Signer[] {
  const keys = new Map<string, readonly string[]>();
  for (const { key, name, state } of signatures) {
    if (state === 'good' && name !== undefined) keys.set(name, [...(keys.get(name) ?? []), key]);
  }
  return [...keys].map(([name, keys]) => ({ name, keys })).sort((left, right) => (left.name < right.name ? -1 : 1));
}

/** Says first what looks most like an attack. */
function tooFew(what: string, { signatures, signers, needed }: Judgement): Error {
  if (signatures.length === 0) return refused('SIGNATURE_MISSING', `${what} has no signature`);
  const worst = (['wrong', 'revoked', 'not-yet', 'over', 'other-plugins', 'unknown'] as const)
    .map((state) => signatures.find((signature) => signature.state === state))
    .find((signature) => signature !== undefined);
  const counted = `${signers.length} of ${needed} signers`;
  if (worst === undefined) return refused('SIGNATURE_THRESHOLD', `${what} is signed by ${counted}`);
  const suspicious = worst.state === 'wrong' || worst.state === 'revoked';
  if (signers.length > 0 && !suspicious) {
    return refused('SIGNATURE_THRESHOLD', `${what} is signed by ${counted}; ${describeSignature(worst)}`);
  }
  return refused(codeOf(worst), `${what} is signed by ${counted}: ${describeSignature(worst)}`);
}

function codeOf({ state }: JudgedSignature): ErrorCode {
  switch (state) {
    case 'good':
      return 'SIGNATURE_THRESHOLD';
    case 'wrong':
      return 'SIGNATURE_INVALID';
    case 'revoked':
      return 'SIGNING_KEY_REVOKED';
    case 'not-yet':
    case 'over':
      return 'SIGNING_KEY_EXPIRED';
    case 'other-plugins':
    case 'unknown':
      return 'SIGNATURE_FOREIGN';
    default:
      return assertNever(state);
  }
}

/** One signature in a sentence. */
export function describeSignature(signature: JudgedSignature): string {
  const who = signature.name === undefined ? signature.key : `${signature.name} (${signature.key})`;
  switch (signature.state) {
    case 'good':
      return `the signature of ${who} is good`;
    case 'wrong':
      return `the signature in the name of ${who} was not made by that key`;
    case 'unknown':
      return `the key ${who} is not in the trust policy`;
    case 'revoked':
      return `the key ${who} is revoked: ${signature.reason}`;
    case 'not-yet':
      return `the key ${who} is valid from ${new Date(signature.time).toISOString()} on`;
    case 'over':
      return `the key ${who} was valid until ${new Date(signature.time).toISOString()}`;
    case 'other-plugins':
      return `the key ${who} is trusted for ${signature.plugins.join(', ')} only`;
    default:
      return assertNever(signature);
  }
}
