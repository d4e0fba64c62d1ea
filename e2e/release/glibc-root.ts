import { execFile } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** How a command ended in a private root. */
export interface EndedInside {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What of glibc a program may need; nothing else of the machine is in the root. */
const glibc = ['libc', 'libm', 'libdl', 'libpthread', 'librt', 'libresolv', 'libutil'];
const versions = ['.so.6', '.so.2', '.so.1', '.so.0'];
const folder = '/lib/x86_64-linux-gnu';
const loader = '/lib64/ld-linux-x86-64.so.2';

const mounts = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];

/**
 * Runs a program where there is nothing but glibc, /proc, /dev, an empty /tmp, what `places` binds (read-only) and the folder `work` at /work: no
 * shell, no user, no network, no other process.
 */
export async function runInGlibcRoot(
  argv: readonly string[],
  given: {
    readonly work: string;
    readonly places: Readonly<Record<string, string>>;
    readonly environment?: Readonly<Record<string, string>>;
  },
): Promise<EndedInside> {
  const libraries = glibc
    .flatMap((name) => versions.map((version) => join(folder, `${name}${version}`)))
    .filter((file) => existsSync(file));
  const binds = [
    ...[...libraries, loader].flatMap((file) => ['--ro-bind', realpathSync(file), file]),
    ...Object.entries(given.places).flatMap(([place, source]) => ['--ro-bind', source, place]),
  ];
  const environment = Object.entries({ HOME: '/work', ...given.environment });
  const options = [
    '--unshare-all',
    '--die-with-parent',
    '--clearenv',
    ...environment.flatMap(([name, value]) => ['--setenv', name, value]),
    ...binds,
    ...mounts,
    '--bind',
    given.work,
    '/work',
    '--chdir',
    '/work',
    '--remount-ro',
    '/',
  ];
  try {
    const ended = await promisify(execFile)('bwrap', [...options, '--', ...argv], { maxBuffer: 64 * 1024 * 1024 });
    return { code: 0, ...ended };
  } catch (error) {
    // What execFile rejects with.
    const { code, stdout = '', stderr = '' } = error as Partial<EndedInside>;
    if (typeof code !== 'number') throw error;
    return { code, stdout, stderr };
  }
}
