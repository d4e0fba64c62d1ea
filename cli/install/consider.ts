import {
  askedBy,
  type Decision,
  decide,
  digestOnDisk,
  type Installation,
  nameOf,
  type Staged,
  stage,
} from '../../runtime/install/index.ts';
import { type OpenedPackage, openPackage, type PackageRecord, requireOwnName } from '../../runtime/packages/index.ts';
import { refused } from '../../runtime/packages/refused.ts';
import {
  type Judgement,
  readSignatures,
  type SignatureDocument,
  type TrustPolicy,
  verifyPackage,
} from '../../runtime/trust/index.ts';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { FoundPackage } from './sources.ts';

/** A package that is verified, compared with what is there, and, where it isn't there yet, on the disk, where nobody finds it. */
export interface Considered {
  readonly words: string;
  readonly locked: Locked;
  readonly record: PackageRecord;
  readonly decision: Decision;
  /** Undefined where it is there already, exactly so. */
  readonly staged: Staged | undefined;
}

/** What packages are held against. */
export interface ConsiderTools {
  readonly installation: Installation;
  readonly lockfile: Lockfile;
  readonly trust: TrustPolicy;
  /** In ms since the epoch. */
  readonly now: number;
  /** Names of the nodes that come with Waterflow. */
  readonly builtIn: Iterable<string>;
  /** Names of plugins that are installed by the same command. */
  readonly others: readonly string[];
  readonly unsigned: 'refused' | 'allowed';
  readonly downgrade: 'refused' | 'allowed';
}

/** Verifies a package in every way that can be known without asking somebody. Rejects with what is wrong with it. */
export async function consider(found: FoundPackage, tools: ConsiderTools): Promise<Considered> {
  try {
    return await considered(found, tools);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    // Of several packages this is the one.
    const message = `${found.words}: ${cause.error.message}`;
    throw new WaterflowFailure({ ...cause.error, message }, { cause });
  }
}

async function considered(found: FoundPackage, tools: ConsiderTools): Promise<Considered> {
  const { installation, lockfile } = tools;
  const opened = await openPackage(found.package);
  requireIndexed(opened, found);
  const { name, version } = opened.manifest;
  requireOwnName(name, {
    builtIn: tools.builtIn,
    others: [...lockfile.plugins.map((locked) => locked.name), ...tools.others],
  });
  const signature = found.signatures === undefined ? undefined : readSignatures(found.signatures.toString('utf8'));
  const signers = signersOf(opened, signature, tools)?.signers ?? [];
  const asked = askedBy(opened.manifest);
  const candidate = { name, version, digest: opened.digest, asked, signed: signers.length > 0 };
  const decision = decide(lockfile, candidate, tools);
  const locked: Locked = {
    name,
    version,
    digest: opened.digest,
    signers: signers.map((signer) => ({ name: signer.name, keys: [...signer.keys] })),
    ...(signature === undefined ? {} : { signature }),
    source: found.source,
    approved: asked,
  };
  const isThere = (await digestOnDisk(installation.folder, nameOf(locked))) === opened.digest;
  const isCurrent = isThere && decision.before?.digest === opened.digest && decision.more.length === 0;
  const staged = isCurrent ? undefined : await stage(installation.folder, opened);
  return { words: found.words, locked, record: opened.record, decision, staged };
}

function requireIndexed({ manifest, digest }: OpenedPackage, { indexed }: FoundPackage): void {
  if (indexed === undefined) return;
  const { name, version } = indexed;
  if (name === manifest.name && version === manifest.version && digest === indexed.digest) return;
  throw refused(
    'REGISTRY_FILE_SWAPPED',
    `the index says that it is ${name} ${version} with the digest ${indexed.digest}, and it is ${manifest.name} ${manifest.version} with ${digest}`,
  );
}

/** Who vouches for it; undefined where nobody does and that was allowed. */
function signersOf(
  opened: OpenedPackage,
  signature: SignatureDocument | undefined,
  { trust, now, unsigned }: ConsiderTools,
): Judgement | undefined {
  try {
    return verifyPackage(opened, signature, trust, { now });
  } catch (cause) {
    const isUnsigned = cause instanceof WaterflowFailure && cause.error.code === 'SIGNATURE_MISSING';
    if (isUnsigned && unsigned === 'allowed') return undefined;
    throw cause;
  }
}
