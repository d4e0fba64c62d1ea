import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveEntry } from '../../cli/release/archive.ts';
import { fileEntry } from '../../cli/release/archive.ts';
import { isPrunedFile, isPrunedPackage } from './pruned.ts';

/** For whom an archive is. */
export interface Platform {
  readonly os: 'linux';
  readonly cpu: 'x64' | 'arm64';
}

/** A package of npm's that is shipped. */
export interface Dependency {
  /** Its place, as `node_modules/koa`. */
  readonly place: string;
  readonly name: string;
  readonly version: string;
  /** As its package.json says; undefined where it says nothing. */
  readonly licence: string | undefined;
  /** `sha512-` and base64: of the tarball that npm's registry has. */
  readonly integrity: string | undefined;
}

interface LockedPackage {
  readonly name?: string;
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

/** What package-lock.json says of the packages. */
export type LockedPackages = Readonly<Record<string, LockedPackage>>;

/** What the lock file of a checkout says. */
export function readLock(root: string): LockedPackages {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: LockedPackages }; // npm's format.
  return lock.packages;
}

/**
 * The packages that an installation on that platform needs, as the lock file has them, without those that are pruned. Throws where one is not
 * installed that is not optional.
 */
export function shippedDependencies(root: string, locked: LockedPackages, platform: Platform): readonly Dependency[] {
  const dependencies: Dependency[] = [];
  for (const [place, entry] of Object.entries(locked)) {
    const name = nameOf(place, entry);
    if (place === '' || entry.dev === true || !isFor(entry, platform) || isPrunedPackage(name)) continue;
    const manifest = join(root, place, 'package.json');
    if (!existsSync(manifest)) {
      if (entry.optional === true) continue;
      throw new Error(`${place} is not installed: run npm install`);
    }
    const { version, integrity } = entry;
    dependencies.push({ place, name, version, integrity, licence: entry.license ?? oldLicenceOf(manifest) });
  }
  return dependencies;
}

/** The packages whose code is bundled into parts of the product, which package-lock.json has as those of development. */
export function bundledDependencies(locked: LockedPackages, names: readonly string[]): readonly Dependency[] {
  return names.map((name) => {
    const place = `node_modules/${name}`;
    const entry = locked[place];
    if (entry === undefined) throw new Error(`${name} is bundled, and package-lock.json doesn't know it`);
    return { place, name, version: entry.version, integrity: entry.integrity, licence: entry.license };
  });
}

/** What of a package is shipped. */
export function filesOf(root: string, { place, name }: Dependency, platform: Platform): readonly ArchiveEntry[] {
  return walk(join(root, place), '')
    .filter((path) => !isPrunedFile(name, path, platform))
    .map((path) => {
      const entry = fileEntry(`${place}/${path}`, join(root, place, path));
      // Of those that run; npm keeps other modes as each author's disk had them.
      return { ...entry, executable: path === 'bin/esbuild' };
    });
}

/** Files below a folder, without those of packages within, which have their own places. */
function walk(folder: string, path: string): readonly string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    const inner = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(folder, inner);
    return entry.isFile() ? [inner] : [];
  });
}

function nameOf(place: string, { name }: LockedPackage): string {
  return name ?? place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function isFor({ os, cpu, libc }: LockedPackage, platform: Platform): boolean {
  const allows = (list: readonly string[] | undefined, value: string): boolean => list?.includes(value) ?? true;
  return allows(os, platform.os) && allows(cpu, platform.cpu) && allows(libc, 'glibc');
}

/** The key that npm no longer takes: `licenses: [{ type }]`. */
function oldLicenceOf(manifest: string): string | undefined {
  const { licenses } = JSON.parse(readFileSync(manifest, 'utf8')) as { licenses?: readonly { type?: string }[] }; // npm's old format.
  return licenses?.[0]?.type;
}
