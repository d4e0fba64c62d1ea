import { lstatSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { replaceFile, syncFolder } from '../durable-file.ts';
import { nameOf, readLockfile, renderLockfile } from './lockfile.ts';
import { clearStaging, discard, type Staged } from './staging.ts';

/** A plugin folder and the file that says what is approved in it; whoever changes them holds the folder's lock. */
export interface Installation {
  readonly folder: AbsolutePath;
  readonly lockfile: AbsolutePath;
}

/** A package that is staged, and what is locked of it. `replaces`: versions that go. */
export interface Placed {
  readonly locked: Locked;
  readonly staged: Staged;
  readonly replaces: readonly string[];
}

/**
 * Puts plugins in place. The order makes it safe to be killed at any point: a plugin is there, whole and approved, in its old version or
 * in its new one. {@link recover} ends what was cut off.
 *
 * 1. The lockfile names both versions. The folder has the old one.
 * 2. A rename puts the new one beside it. Workflows find the higher of two.
 * 3. The old one is renamed away, and the lockfile forgets it.
 */
export function place(installation: Installation, lockfile: Lockfile, plugins: readonly Placed[]): Lockfile {
  const names = new Set(plugins.map(({ locked }) => nameOf(locked)));
  const during: Lockfile = {
    version: 1,
    plugins: [
      ...lockfile.plugins.filter((locked) => !names.has(nameOf(locked))),
      ...plugins.map(({ locked }) => locked),
    ],
    pending: plugins.map(({ locked: { name, version }, replaces }) => ({ name, version, replaces: [...replaces] })),
  };
  write(installation, during);
  for (const { locked, staged } of plugins) {
    // Only what was changed on the disk since it was installed lies there: it is unapproved, and nobody loses it.
    discard(installation.folder, nameOf(locked));
    renameSync(staged.folder, join(installation.folder, nameOf(locked)));
  }
  syncFolder(installation.folder);
  return settle(installation, during);
}

/** Takes plugins away, whether their folders are there or not. */
export function remove(installation: Installation, lockfile: Lockfile, plugins: readonly Locked[]): Lockfile {
  for (const locked of plugins) discard(installation.folder, nameOf(locked));
  const names = new Set(plugins.map(nameOf));
  const after: Lockfile = { version: 1, plugins: lockfile.plugins.filter((locked) => !names.has(nameOf(locked))) };
  write(installation, after);
  clearStaging(installation.folder);
  return after;
}

/** Reads the lockfile, and ends what a command that was killed had begun: what it had put in place stays, what it hadn't goes. */
export function recover(installation: Installation): Lockfile {
  const lockfile = readLockfile(installation.lockfile);
  rmSync(temporaryOf(installation.lockfile), { force: true });
  clearStaging(installation.folder);
  return lockfile.pending === undefined ? lockfile : settle(installation, lockfile);
}

/** From a lockfile with `pending` to one without. */
function settle(installation: Installation, lockfile: Lockfile): Lockfile {
  const { plugins, pending = [] } = lockfile;
  const gone = new Set<string>();
  for (const { name, version, replaces } of pending) {
    const folder = nameOf({ name, version });
    if (isFolder(join(installation.folder, folder))) {
      for (const old of replaces.map((each) => nameOf({ name, version: each }))) {
        discard(installation.folder, old);
        gone.add(old);
      }
    } else gone.add(folder);
  }
  const after: Lockfile = { version: 1, plugins: plugins.filter((locked) => !gone.has(nameOf(locked))) };
  write(installation, after);
  clearStaging(installation.folder);
  return after;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Everybody may read what is approved: agents of other users do. */
function write({ lockfile }: Installation, content: Lockfile): void {
  replaceFile(lockfile, renderLockfile(content), { mode: 0o644, temporary: temporaryOf(lockfile) });
}

/** One name, so that what a command that was killed has left is found. Only who holds the folder's lock writes it. */
function temporaryOf(lockfile: AbsolutePath): string {
  return `${lockfile}.new`;
}
