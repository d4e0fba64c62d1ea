import { cacheTagFile, excludedNames, maxFolderDepth } from '../manifest/folder.ts';
import { quoted } from './header.ts';
import { refused } from './refused.ts';

/** What a ustar header holds of a path. */
const maxNameBytes = 100;
const maxPrefixBytes = 155;

/** No two of these look alike, and none means anything to a shell, a URL or a file system. */
const plainName = /^[A-Za-z0-9._+@~=,()[\]-](?:[A-Za-z0-9._+@~=,()[\] -]*[A-Za-z0-9_+@~=,()[\]-])?$/;

/** Names that Windows keeps for devices, with any extension. */
const deviceName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/**
 * Whether files can have these paths, together, on every machine. Throws PACKAGE_DUPLICATE_ENTRY, PACKAGE_NAME_COLLISION and the
 * PACKAGE_PATH_ codes.
 */
export function checkPaths(paths: readonly string[]): void {
  for (const path of paths) checkPlace(path);
  checkApart(paths);
  for (const path of paths) checkNames(path);
}

/** Where a path leads. */
function checkPlace(path: string): void {
  if (path.startsWith('/') || path.includes('\\') || /^[A-Za-z]:/.test(path)) {
    throw refused('PACKAGE_PATH_ABSOLUTE', `${quoted(path)} is no path within the plugin's folder`);
  }
  const names = path.split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..')) {
    throw refused('PACKAGE_PATH_TRAVERSAL', `${quoted(path)} has a part that is \`..\`, \`.\` or empty`);
  }
  if (names.length > maxFolderDepth || !fitsHeader(names)) {
    throw refused('PACKAGE_PATH_TOO_LONG', `${quoted(path)} is too long or leads too deep for a package`);
  }
}

/** As few parts as possible go in front, as tar-stream has it; what doesn't fit, it would put into a pax header. */
function fitsHeader(names: readonly string[]): boolean {
  const lengths = names.map((name) => Buffer.byteLength(name));
  let nameBytes = lengths.reduce((sum, length) => sum + length + 1, -1);
  let prefixBytes = -1;
  for (const length of lengths.slice(0, -1)) {
    if (nameBytes <= maxNameBytes) break;
    nameBytes -= length + 1;
    prefixBytes += length + 1;
  }
  return nameBytes <= maxNameBytes && prefixBytes <= maxPrefixBytes;
}

/** Whether no two are one, also where a file system ignores case or composes characters. */
function checkApart(paths: readonly string[]): void {
  const seen = new Set<string>();
  const files = new Map<string, string>();
  for (const path of paths) {
    if (seen.has(path)) throw refused('PACKAGE_DUPLICATE_ENTRY', `${quoted(path)} is in the package twice`);
    seen.add(path);
  }
  for (const path of paths) {
    const same = files.get(folded(path));
    if (same !== undefined) throw collision(path, same);
    files.set(folded(path), path);
  }
  // A folder is spelled as the first path with it spells it.
  const folders = new Map<string, string>();
  for (const path of paths) {
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth += 1) {
      const folder = names.slice(0, depth).join('/');
      const other = files.get(folded(folder)) ?? folders.get(folded(folder));
      if (other !== undefined && other !== folder) throw collision(path, other);
      if (files.has(folded(folder))) throw collision(path, folder);
      folders.set(folded(folder), folder);
    }
  }
}

function collision(path: string, other: string): Error {
  return refused('PACKAGE_NAME_COLLISION', `${quoted(path)} and ${quoted(other)} are one on some machines`);
}

/** Compatibility forms and both cases as one. */
function folded(path: string): string {
  return path.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC');
}

/** What the parts of a path are. */
function checkNames(path: string): void {
  if (path.toLowerCase().endsWith(`/${cacheTagFile.toLowerCase()}`))
    throw refused('PACKAGE_PATH_RESERVED', `${quoted(path)} would have what lies beside it left out`);
  for (const name of path.split('/')) {
    if (!plainName.test(name)) {
      throw refused('PACKAGE_PATH_CHARACTERS', `${quoted(path)} has characters that a package's paths can't have`);
    }
    if (excludedNames.has(name.toLowerCase()) || deviceName.test(name)) {
      throw refused('PACKAGE_PATH_RESERVED', `${quoted(path)}: \`${name}\` can't be a name in a package`);
    }
  }
}
