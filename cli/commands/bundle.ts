import { existsSync, readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';
import { openPackageFile, signaturesIn } from '../install/open-package-file.ts';
import { readPackageFiles } from '../install/package-files.ts';
import { readKeyFile } from '../install/signing-key-file.ts';
import { packageRoot } from '../package-root.ts';
import { compressionOf, fileEntry, textEntry } from '../release/archive.ts';
import { bundleFolder, type PartKind } from '../release/bundle-manifest.ts';
import { type BundleEntry, makeBundle } from '../release/make-bundle.ts';
import { readRelease } from '../release/read-release.ts';
import { digestOfFile } from '../release/sums.ts';
import { plainJson, plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

interface BundleOptions {
  readonly release: string;
  readonly key: string;
  readonly out: string;
  readonly withTemporal?: string;
  readonly plugins: readonly string[];
  readonly images: readonly string[];
  readonly publicKeys: readonly string[];
  readonly json?: boolean;
}

/** Makes a bundle for a site; gives the exit code. */
export async function makeSiteBundle(terminal: Terminal, options: BundleOptions): Promise<number> {
  const path = (file: string): string => resolve(terminal.cwd, file);
  const out = path(options.out);
  const compression = compressionOf(out);
  if (compression === undefined) {
    throw usageError('--out ends neither in .tar.zst nor in .tar.gz or .tar', 'Name it site.tar.zst, for instance.');
  }
  if (existsSync(out)) throw usageError(`${options.out} is there already`, 'Name another file, or remove it.');
  const key = await readKeyFile(terminal, options.key);
  const release = await readRelease(path(options.release));
  const named = (kind: PartKind, folder: string) => (file: string) =>
    namedFile(kind, folder, { file, path: path(file) });
  const entries = [
    ...installer(),
    ...release.files.map((name): BundleEntry => plain('release', `release/${name}`, join(release.folder, name))),
    ...(options.withTemporal === undefined ? [] : temporal(options.withTemporal, path(options.withTemporal))),
    ...(await plugins(terminal, options.plugins)),
    ...options.images.map(named('image', 'images')),
    ...options.publicKeys.map(named('key', 'keys')),
  ];
  const { version, time } = release;
  const manifest = await makeBundle({ version, entries, key, file: out, time, compression });
  const sha256 = await digestOfFile(out);
  const report = { file: out, version, signer: key.publicKey.id, sha256, parts: manifest.parts };
  if (options.json === true) terminal.stdout.write(`${plainJson(report)}\n`);
  else {
    terminal.stdout.write(`${sha256}  ${plainLine(basename(out))}\n`);
    terminal.stderr.write(
      `${plainLine(`${options.out}: ${manifest.parts.length} files for a site, ${bundleFolder(version)}, signed by ${key.publicKey.id}`)}\n`,
    );
  }
  return exitCodes.ok;
}

/** What installs the rest, and the units of systemd that it installs. */
function installer(): readonly BundleEntry[] {
  const folder = join(packageRoot(import.meta.url), 'deploy');
  const units = readdirSync(join(folder, 'systemd')).filter((name) => /\.(?:service|conf)$/u.test(name));
  const script = fileEntry('install.sh', join(folder, 'install.sh'), { executable: true });
  return [
    { kind: 'installer', entry: script },
    ...units.map((name): BundleEntry => plain('unit', `systemd/${name}`, join(folder, 'systemd', name))),
  ];
}

/** What install.sh starts, and what of Temporal's lies beside it: the tool for schemas of databases, and its command line. */
const temporalPrograms = ['temporal-server', 'temporal-sql-tool', 'temporal'] as const;

/** Temporal's programs, and how the first of them is configured. */
function temporal(named: string, path: string): readonly BundleEntry[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const server = isFolder ? join(path, temporalPrograms[0]) : path;
  requireFile(isFolder ? join(named, temporalPrograms[0]) : named, server);
  const others = isFolder ? temporalPrograms.slice(1).filter((name) => existsSync(join(path, name))) : [];
  const programs = [[temporalPrograms[0], server], ...others.map((name) => [name, join(path, name)] as const)] as const;
  const settings = join(packageRoot(import.meta.url), 'deploy', 'temporal');
  return [
    ...['dynamic.yaml', 'temporal.yaml'].map((name) => plain('temporal', `temporal/${name}`, join(settings, name))),
    ...programs.map(([name, file]): BundleEntry => {
      return { kind: 'temporal', entry: fileEntry(`temporal/${name}`, file, { executable: true }) };
    }),
  ];
}

function namedFile(kind: PartKind, folder: string, { file, path }: { readonly file: string; readonly path: string }) {
  requireFile(file, path);
  return plain(kind, `${folder}/${basename(path)}`, path);
}

function plain(kind: PartKind, path: string, file: string): BundleEntry {
  return { kind, entry: fileEntry(path, file, { executable: false }) };
}

function requireFile(file: string, path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return;
  const message = `cannot read ${file}: it is no file`;
  throw new WaterflowFailure({ code: 'FILE_NOT_READABLE', message, remedy: 'Name a file that is there.', file });
}

/** Each package with its signatures, and a page of what they are. A package that doesn't open, or that nobody signed, goes into no bundle. */
async function plugins(terminal: Terminal, named: readonly string[]): Promise<readonly BundleEntry[]> {
  const files = (await Promise.all(named.map((name) => packagesIn(resolve(terminal.cwd, name))))).flat();
  const entries: BundleEntry[] = [];
  const listed: { readonly name: string; readonly version: string; readonly digest: string; readonly file: string }[] =
    [];
  for (const file of files) {
    const read = await readPackageFiles(terminal, file);
    const { manifest, digest } = await openPackageFile(read.package, file);
    const signatures = signaturesIn(read.signatures, `${file}.sig`);
    if (signatures === undefined) {
      throw new WaterflowFailure({
        code: 'SIGNATURE_MISSING',
        message: `${basename(file)} has no ${basename(file)}.sig beside it`,
        remedy: 'Sign it (`waterflow plugin sign`), or leave it out.',
        file,
      });
    }
    const name = basename(file);
    listed.push({ name: manifest.name, version: manifest.version, digest, file: name });
    entries.push(plain('plugin', `plugins/${name}`, file), plain('plugin', `plugins/${name}.sig`, `${file}.sig`));
  }
  if (entries.length === 0) return [];
  const list = textEntry('plugins/plugins.json', `${JSON.stringify(listed, undefined, 2)}\n`);
  return [...entries, { kind: 'plugin', entry: list }];
}

async function packagesIn(path: string): Promise<readonly string[]> {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  const names = (await readdir(path)).filter((name) => name.endsWith('.tgz'));
  return names.toSorted().map((name) => join(path, name));
}
