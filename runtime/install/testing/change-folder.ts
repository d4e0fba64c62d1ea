import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { openPackage } from '../../packages/index.ts';
import { askedBy, decide, type Installation, nameOf, place, recover, remove, stage } from '../index.ts';

/** A plugin folder with its lockfile in it. */
export function installationIn(folder: string): Installation {
  // Folders of tests are absolute.
  return { folder: folder as AbsolutePath, lockfile: join(folder, 'waterflow.lock') as AbsolutePath };
}

/** Installs a package file, whoever signed it, or removes `name@version`; where that isn't there, nothing happens. */
export async function changeFolder(folder: string, act: 'install' | 'remove', what: string): Promise<void> {
  const installation = installationIn(folder);
  const lockfile = recover(installation);
  if (act === 'remove') {
    const found = lockfile.plugins.filter((locked) => nameOf(locked) === what);
    remove(installation, lockfile, found);
    return;
  }
  const opened = await openPackage(readFileSync(what));
  const { name, version } = opened.manifest;
  const locked = { name, version, digest: opened.digest, signers: [], source: {}, approved: askedBy(opened.manifest) };
  const candidate = { ...locked, asked: locked.approved, signed: true };
  const { replaces } = decide(lockfile, candidate, { downgrade: 'allowed' });
  place(installation, lockfile, [{ locked, staged: await stage(installation.folder, opened), replaces }]);
}
