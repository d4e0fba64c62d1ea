import type { Approved, Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import { compareVersions, majorOf } from '../manifest/versions.ts';
import { refused } from '../packages/refused.ts';
import { type Change, changesOf, needsApproval } from './changes.ts';
import { nameOf } from './lockfile.ts';

/** A package that is to be installed. */
export interface Candidate {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly asked: Approved;
  /** Whether somebody whom the trust policy trusts has signed it. */
  readonly signed: boolean;
}

/** What installing a package means for what is locked. */
export interface Decision {
  /** That which it is compared with: the same plugin, best of the same major version. Undefined: it is new here. */
  readonly before: Locked | undefined;
  /** Versions that it takes the place of: those of the same major version. */
  readonly replaces: readonly string[];
  /** What it asks for that nobody approved yet; of a new plugin, all. */
  readonly more: readonly Change[];
  /** What was approved and isn't asked for any more, or less of it. */
  readonly less: readonly Change[];
  /** Whether somebody has to say yes. */
  readonly asks: boolean;
}

const nothing: Approved = { permissions: {}, defaults: {}, limits: { timeout: '10m', memory: '64MiB' } };

/**
 * Decides over a package by the lockfile alone. Throws PLUGIN_SWAPPED where the same version is locked with another digest, and
 * PLUGIN_DOWNGRADE where a higher version is locked and `downgrade` is refused.
 */
export function decide(
  { plugins }: Lockfile,
  candidate: Candidate,
  { downgrade }: { readonly downgrade: 'refused' | 'allowed' },
): Decision {
  const { name, version, digest, asked, signed } = candidate;
  const others = plugins.filter((locked) => locked.name === name);
  const same = others.find((locked) => locked.version === version);
  if (same !== undefined && same.digest !== digest) {
    throw refused(
      'PLUGIN_SWAPPED',
      `${nameOf(candidate)} is locked with the digest ${same.digest}, and this one is ${digest}`,
    );
  }
  const highest = others.toSorted((one, other) => compareVersions(one.version, other.version)).at(-1);
  // What is installed already is none, whatever stands beside it.
  const isOlder = same === undefined && highest !== undefined && compareVersions(version, highest.version) < 0;
  if (isOlder && downgrade === 'refused') {
    throw refused('PLUGIN_DOWNGRADE', `${nameOf(candidate)} is older than ${nameOf(highest)}, which is installed`);
  }
  const line = others.filter((locked) => majorOf(locked.version) === majorOf(version));
  const before = same ?? line.at(-1) ?? highest;
  const changes = changesOf(before?.approved ?? nothing, asked);
  const more = changes.filter(needsApproval);
  return {
    before,
    replaces: line.filter((locked) => locked !== same).map((locked) => locked.version),
    more,
    less: before === undefined ? [] : changes.filter((change) => !needsApproval(change)),
    asks: before === undefined || more.length > 0 || (!signed && same === undefined),
  };
}
