import { basename, dirname, join } from 'node:path';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import type { AbsolutePath, WaterflowError } from '../../schemas/index.ts';
import type { ApprovalCandidate, RefusePlugin } from '../manifest/index.ts';
import type { PluginSigner } from '../plugin.ts';
import { askedBy } from './asked.ts';
import { moreThan } from './changes.ts';
import { lockfileName, nameOf } from './lockfile.ts';

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

/**
 * Keeps the names of what is installed for what was approved: of a name that the lockfile has, only the folder `name@version` of a locked
 * version may be taken, and only with the bytes that it was approved with. Any other plugin of that name is refused, whatever its
 * version, so that it neither displaces nor hides an approved one; and so is whatever else lies in such a folder. Names that the lockfile
 * hasn't are free.
 */
export function refusedByLockfile({ plugins }: Lockfile, pluginFolder: AbsolutePath): RefusePlugin {
  const byName = Map.groupBy(plugins, ({ name }) => name);
  return ({ folder, manifest, identity }) => {
    const place = plugins.find((each) => isPlaceOf(each, folder, pluginFolder));
    if (place !== undefined && nameOf(place) !== nameOf(manifest)) return inPlaceOf(place, folder, manifest);
    const locked = byName.get(manifest.name);
    if (locked === undefined) return undefined;
    if (place === undefined) return unapproved(folder, manifest, locked);
    if (identity === undefined) return undefined;
    if (identity.digest !== place.digest) return swapped(folder, place, identity.digest);
    return moreThan(place.approved, askedBy(manifest)).length === 0 ? undefined : asksForMore(folder, place);
  };
}

/** Exactly: another case of the name is another folder, or, where it isn't, not the one that was installed. */
function isPlaceOf(locked: Locked, folder: AbsolutePath, pluginFolder: AbsolutePath): boolean {
  return dirname(folder) === pluginFolder && basename(folder) === nameOf(locked);
}

function approvedEntry(
  { plugins }: Lockfile,
  pluginFolder: AbsolutePath,
  { folder, identity, manifest }: ApprovalCandidate,
): Locked | undefined {
  return plugins.find(
    (locked) =>
      isPlaceOf(locked, folder, pluginFolder) &&
      locked.digest === identity.digest &&
      locked.name === identity.name &&
      locked.version === identity.version &&
      moreThan(locked.approved, askedBy(manifest)).length === 0,
  );
}

function unapproved(
  folder: AbsolutePath,
  { name, version }: { readonly name: string; readonly version: string },
  locked: readonly Locked[],
): WaterflowError {
  return {
    code: 'PLUGIN_UNAPPROVED',
    message: `${folder} holds ${name}@${version}, which nobody approved: ${locked.map(nameOf).join(' and ')} ${locked.length === 1 ? 'is' : 'are'} installed under that name`,
    remedy: 'Install its package with `waterflow plugin install`, or remove the folder.',
    file: folder,
  };
}

/** Whatever it is called: what was approved there goes on. */
function inPlaceOf(
  locked: Locked,
  folder: AbsolutePath,
  manifest: { readonly name: string; readonly version: string },
): WaterflowError {
  return {
    code: 'PLUGIN_SWAPPED',
    message: `${folder} is where ${nameOf(locked)} was installed, and holds ${nameOf(manifest)}`,
    remedy: `Install ${nameOf(locked)} again, or remove it with \`waterflow plugin remove\`.`,
    file: folder,
  };
}

function swapped(folder: AbsolutePath, locked: Locked, digest: string): WaterflowError {
  return {
    code: 'PLUGIN_SWAPPED',
    message: `${folder} isn't the ${nameOf(locked)} that was installed: it has the digest ${digest}, and ${lockfileName} has ${locked.digest}`,
    remedy: 'Find out who changed it. Install it again, or remove it with `waterflow plugin remove`.',
    file: folder,
  };
}

function asksForMore(folder: AbsolutePath, locked: Locked): WaterflowError {
  return {
    code: 'PLUGIN_UNAPPROVED',
    message: `${folder} asks for more than ${lockfileName} approves of ${nameOf(locked)}`,
    remedy: 'Install it again, and read what it asks for; or remove it with `waterflow plugin remove`.',
    file: join(folder, 'plugin.yaml'),
  };
}
