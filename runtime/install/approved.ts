import { dirname } from 'node:path';
import type { Lockfile } from '../../schemas/generated/lockfile.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { ApprovalCandidate } from '../manifest/index.ts';
import type { PluginSigner } from '../plugin.ts';
import { askedBy, moreThan } from './asked.ts';

/**
 * Approves what lies in a plugin folder with the digest that its lockfile has, and asks for no more than somebody said yes to there. What
 * isn't in the lockfile, or was changed since, stays unapproved.
 */
export function approvedByLockfile(
  lockfile: Lockfile,
  pluginFolder: AbsolutePath,
): (candidate: ApprovalCandidate) => boolean {
  return (candidate) => approvedEntry(lockfile, pluginFolder, candidate) !== undefined;
}

/** Who had signed what the lockfile approves, when it was installed. What it doesn't approve is signed by nobody. */
export function signersByLockfile(
  lockfile: Lockfile,
  pluginFolder: AbsolutePath,
): (candidate: ApprovalCandidate) => readonly PluginSigner[] {
  return (candidate) =>
    (approvedEntry(lockfile, pluginFolder, candidate)?.signers ?? []).map(({ name, keys }) => ({ name, keys }));
}

function approvedEntry(
  { plugins }: Lockfile,
  pluginFolder: AbsolutePath,
  { folder, identity, manifest }: ApprovalCandidate,
): Lockfile['plugins'][number] | undefined {
  if (dirname(folder) !== pluginFolder) return undefined;
  return plugins.find(
    ({ name, version, digest, approved }) =>
      digest === identity.digest &&
      name === identity.name &&
      version === identity.version &&
      moreThan(approved, askedBy(manifest)).length === 0,
  );
}
