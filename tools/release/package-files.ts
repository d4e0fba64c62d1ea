import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type ArchiveEntry, fileEntry, writeArchive } from '../../cli/release/archive.ts';

/** A file of npm's package. */
export interface PackageFile {
  /** From the package's folder. */
  readonly path: string;
  readonly executable: boolean;
}

/** What npm would pack of a folder that is built. */
export function packageFiles(folder: string): readonly PackageFile[] {
  const argv = ['pack', '--dry-run', '--ignore-scripts', '--json'];
  const output = execFileSync('npm', argv, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [packed] = JSON.parse(output) as [
    { readonly files: readonly { readonly path: string; readonly mode: number }[] },
  ]; // npm's format.
  return packed.files.map(({ path, mode }) => ({ path, executable: (mode & 0o100) !== 0 }));
}

/** Writes npm's package as npm has it, in one folder called `package`; npm's own depends on the umask. */
export async function packNpm(
  file: string,
  { folder, files, time }: { readonly folder: string; readonly files: readonly PackageFile[]; readonly time: Date },
): Promise<void> {
  const entries = files.map(
    ({ path, executable }): ArchiveEntry => fileEntry(path, join(folder, path), { executable }),
  );
  await writeArchive(file, entries, { folder: 'package', time, compression: 'gzip' });
}
