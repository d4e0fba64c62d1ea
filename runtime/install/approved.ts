import { dirname } from 'node:path';
import type { Lockfile } from '../../schemas/generated/lockfile.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { ApprovalCandidate } from '../manifest/index.ts';
import { askedBy, moreThan } from './asked.ts';

/**
 * Approves what lies in a plugin folder with the digest that its lockfile has, and asks for no more than somebody said yes to there. What
 * isn't in the lockfile, or was changed since, stays unapproved.
 */
export function approvedByLockfile(
  { plugins }: Lockfile,
  pluginFolder: AbsolutePath,
): (candidate: ApprovalCandidate) => boolean {
  return ({ folder, identity, manifest }) =>
    dirname(folder) === pluginFolder &&
    plugins.some(
      ({ name, version, digest, approved }) =>
        digest === identity.digest &&
        name === identity.name &&
        version === identity.version &&
        moreThan(approved, askedBy(manifest)).length === 0,
    );
}
