import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type ArchiveEntry, fileEntry, textEntry } from '../../cli/release/archive.ts';
import { digestOfFile, sumsFile, sumsText } from '../../cli/release/sums.ts';
import { createHash } from 'node:crypto';
import { copyCxxLibraries, copyPrograms, type DebianFile } from './debian.ts';
import { type Dependency, filesOf, type Platform } from './dependencies.ts';
import { licenceEntries } from './licences.ts';
import type { PackageFile } from './package-files.ts';

/** What confinement and exec start, beside the user's own programs. */
const programs = ['/usr/bin/bwrap', '/usr/bin/prlimit', '/usr/bin/setpriv', '/usr/bin/nsenter'];

/** Of what a Linux archive is made. */
export interface ArchiveParts {
  /** The checkout, whose node_modules/ is used. */
  readonly root: string;
  /** The built sources. */
  readonly sources: string;
  /** An empty folder. */
  readonly scratch: string;
  readonly files: readonly PackageFile[];
  readonly npm: readonly Dependency[];
  readonly platform: Platform;
  /** The text of Node's licence, which the npm package `node` doesn't bring. */
  readonly nodeLicence: string;
  /** Makes the bill of materials of what was found. */
  readonly sbom: (found: { readonly debian: readonly DebianFile[]; readonly nodeSha256: string }) => string;
}

/** The entries of the archive, with the digests of all of them in SHA256SUMS; and that text. */
export async function linuxArchive(
  parts: ArchiveParts,
): Promise<{ readonly entries: readonly ArchiveEntry[]; readonly sums: string; readonly sbom: string }> {
  const { root, scratch } = parts;
  const node = join(root, 'node_modules', 'node', 'bin', 'node');
  const places = {
    bin: join(scratch, 'app/dist/native/bin'),
    lib: join(scratch, 'app/dist/native/lib'),
    cxx: join(scratch, 'node/lib'),
  };
  for (const folder of Object.values(places)) mkdirSync(folder, { recursive: true });
  const inArchive = (file: DebianFile): DebianFile => ({ ...file, file: relative(scratch, file.file) });
  const debian = [...copyPrograms(programs, places), ...copyCxxLibraries(node, places.cxx)];
  const launcher = join(scratch, 'waterflow');
  compileLauncher(join(root, 'tools/release/launcher.c'), launcher);

  const packages = parts.npm.flatMap((dependency) => filesOf(root, dependency, parts.platform));
  const inApp = packages.map((entry) => ({ ...entry, path: `app/${entry.path}` }));
  const nodeSha256 = await digestOfFile(node);
  const listed = debian.map(inArchive);
  const sbom = parts.sbom({ debian: listed, nodeSha256 });
  const entries = [
    fileEntry('bin/waterflow', launcher, { executable: true }),
    fileEntry('node/bin/node', node, { executable: true }),
    ...parts.files
      .filter(({ path }) => !isSourceMap(path))
      .map(({ path, executable }) => fileEntry(`app/${path}`, join(parts.sources, path), { executable })),
    ...inApp,
    ...debian.map(({ file }) => fileEntry(relative(scratch, file), file, { executable: file.startsWith(places.bin) })),
    ...licenceEntries({ ...parts, debian: listed, paths: inApp.map(({ path }) => path) }),
    textEntry('sbom.cdx.json', sbom),
    // Where units of systemd say that the pages are.
    { path: 'docs', executable: false, content: { target: 'app/docs' } },
  ];
  const sums = await sumsOf(entries);
  return { entries: [...entries, textEntry(sumsFile, sums)], sums, sbom };
}

/** Two compilers of one version give the same bytes; the name of the file and of its folder are kept out of them. */
function compileLauncher(source: string, target: string): void {
  const options = ['-O2', '-g0', '-Wall', '-Wextra', '-Werror', '-fstack-protector-strong', '-D_FORTIFY_SOURCE=2'];
  const linking = ['-pie', '-fPIE', '-Wl,-z,relro,-z,now', '-Wl,--build-id=none', '-s'];
  execFileSync('cc', [...options, ...linking, '-o', target, source], { stdio: ['ignore', 'inherit', 'inherit'] });
}

/** A tenth of the archive, and only a debugger reads them; npm's package has them. */
function isSourceMap(path: string): boolean {
  return path.startsWith('dist/') && path.endsWith('.js.map');
}

async function sumsOf(entries: readonly ArchiveEntry[]): Promise<string> {
  const sums = new Map<string, string>();
  for (const { path, content } of entries) {
    // The one link has none.
    if ('bytes' in content) sums.set(path, createHash('sha256').update(content.bytes).digest('hex'));
    else if ('file' in content) sums.set(path, await digestOfFile(content.file));
  }
  return sumsText(sums);
}

/** The version of a program of Node's. */
export function versionOfNode(root: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules/node/package.json'), 'utf8')) as {
    version: string;
  }; // npm's format.
  return manifest.version;
}
