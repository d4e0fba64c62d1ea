import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import { versionOf, type WorkflowVersion } from './version.ts';

/** Where the workflows of the release before this one are kept, of the sources as well as of a package. */
export const keptFolder: string = fileURLToPath(new URL('./kept', import.meta.url));

/** Workflows of an earlier release, that runs may still be pinned to. */
export interface KeptVersion {
  readonly id: string;
  readonly release: string;
  /** Reads the script. Throws for one that isn't what its name says. */
  readonly read: () => WorkflowVersion;
}

/** Those that this package carries beside its own. */
export function keptVersions(folder: string = keptFolder): readonly KeptVersion[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => {
    const [, release, id] = /^(.+)_([0-9a-f]+)\.cjs\.br$/u.exec(file) ?? [];
    if (release === undefined || id === undefined) return [];
    const read = (): WorkflowVersion => {
      const version = versionOf(brotliDecompressSync(readFileSync(`${folder}/${file}`)).toString());
      if (version.id !== id) throw new Error(`${file} holds version ${version.id} of the workflows`);
      return version;
    };
    return [{ id, release, read }];
  });
}

/** What the workflows of a release are called there. */
export function keptName({ id, release }: Pick<KeptVersion, 'id' | 'release'>): string {
  return `${release}_${id}.cjs.br`;
}
