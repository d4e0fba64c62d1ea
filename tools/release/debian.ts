import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A file of a Debian package, as the release has it. */
export interface DebianFile {
  /** Where it lies now. */
  readonly file: string;
  /** Where Debian has it. */
  readonly from: string;
  /** SHA-256 of what Debian has, in hex. */
  readonly sha256: string;
  readonly package: DebianPackage;
}

/** A Debian package of which files are shipped. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly source_version: string;
  /** Its file of copyrights and licences. */
  readonly copyright: string;
}

/**
 * Copies programs of the building machine and the libraries that they need beside glibc, so that each program finds them in `../lib` from its own
 * folder. Debian's packages are the ones that are installed; `patchelf` is needed. Gives what was copied.
 */
export function copyPrograms(
  programs: readonly string[],
  folders: { readonly bin: string; readonly lib: string },
): readonly DebianFile[] {
  const copied = new Map<string, DebianFile>();
  for (const program of programs) {
    const file = join(folders.bin, basename(program));
    copied.set(file, copyOf(program, file));
    // RPATH, not RUNPATH: only that also holds for what the libraries themselves need.
    run('patchelf', ['--force-rpath', '--set-rpath', '$ORIGIN/../lib', file]);
    for (const library of librariesOf(program)) {
      const target = join(folders.lib, basename(library));
      if (!copied.has(target)) copied.set(target, copyOf(library, target));
    }
  }
  return [...copied.values()];
}

/** The C++ library and what GCC adds to programs: Node needs them, and glibc alone doesn't bring them. */
export function copyCxxLibraries(node: string, folder: string): readonly DebianFile[] {
  return librariesOf(node).map((library) => copyOf(library, join(folder, basename(library))));
}

/** Of glibc itself; the machine has them. */
const glibc = /^(?:ld-linux.*|lib(?:c|m|dl|rt|pthread|resolv|util))\.so\.\d+$/u;

function librariesOf(program: string): readonly string[] {
  const listed = run('ldd', [program]);
  const paths = [...listed.matchAll(/=> (\/\S+) \(0x/gu)].flatMap(([, path]) => path ?? []);
  return paths.filter((path) => !glibc.test(basename(path)));
}

function copyOf(from: string, file: string): DebianFile {
  const real = realpathSync(from);
  copyFileSync(real, file);
  const sha256 = createHash('sha256').update(readFileSync(real)).digest('hex');
  return { file, from: real, sha256, package: packageOf(from, real) };
}

function packageOf(...names: readonly string[]): DebianPackage {
  // A file may be known by the path that it had before /bin and /lib became links into /usr.
  const known = names.flatMap((name) => [name, name.replace(/^\/usr\//u, '/'), `/usr${name}`]);
  const found = known.map((name) => attempt('dpkg-query', ['-S', name])).find((text) => text !== undefined);
  const [, name] = /^([^\s,:]+)(?::\S+)?: /u.exec(found ?? '') ?? [];
  if (name === undefined) throw new Error(`${names.join(', ')} belongs to no Debian package: build releases on Debian`);
  const format = '${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\n';
  const shown = run('dpkg-query', ['-W', '-f', format, name]).split('\n', 1).join();
  const [version = '', architecture = '', source = '', source_version = ''] = shown.split('\t');
  const copyright = join('/usr/share/doc', name, 'copyright');
  if (!existsSync(copyright))
    throw new Error(`${copyright} is missing: a release names the licence of all that it holds`);
  return { name, version, architecture, source, source_version, copyright: readFileSync(copyright, 'utf8') };
}

function run(command: string, argv: readonly string[]): string {
  return execFileSync(command, argv, { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } });
}

function attempt(command: string, argv: readonly string[]): string | undefined {
  try {
    return execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return undefined;
  }
}
