import { createHash } from 'node:crypto';
import type { IndexedPackage, RegistryIndex, RegistryRoot } from '../../schemas/generated/registry.ts';
import { refused } from '../packages/refused.ts';
import { parseRole, verifyRole } from './envelope.ts';
import type { RegistrySource, RegistryTools, Seen } from './ports.ts';
import { longestFile, packagePaths, pathOf, type RoleName, type Signed, timestampPath } from './roles.ts';
import { findRoot } from './root-chain.ts';

/** A registry that shows what its owner published, and nothing older than what was seen of it before. */
export interface Registry {
  /** The id of its first root key. */
  readonly id: string;
  readonly location: string;
  readonly packages: readonly IndexedPackage[];
  /** When somebody has to have built it again, in ms since the epoch. */
  readonly expires: number;
  /** A package's files, exactly as they were published. Rejects with REGISTRY_FILE_SWAPPED, REGISTRY_UNREACHABLE. */
  fetch(indexed: IndexedPackage): Promise<{ readonly package: Buffer; readonly signature: Buffer }>;
}

/**
 * Reads and verifies the metadata of a registry, and remembers what it saw. Rejects with WaterflowFailure, each attack with a code of its
 * own: REGISTRY_UNKNOWN, _FOREIGN_KEY, _EXPIRED, _FROZEN, _ROLLED_BACK, _MIXED, _INVALID, or _UNREACHABLE.
 */
export async function openRegistry(source: RegistrySource, tools: RegistryTools): Promise<Registry> {
  const { memory, now } = tools;
  const { id, root, rootText, seen } = await findRoot(source, tools);
  requireFresh(root.signed, 'REGISTRY_EXPIRED', now);

  const timestamp = await readRole(source, 'timestamp', { path: timestampPath, root: root.signed });
  requireNoRollback('timestamp', timestamp, seen?.timestamp);
  requireFresh(timestamp.signed, 'REGISTRY_FROZEN', now);

  const wantedSnapshot = timestamp.signed.snapshot;
  const snapshot = await readVersioned(source, 'snapshot', { wanted: wantedSnapshot, root: root.signed });
  requireNoLess('snapshot', snapshot.signed.version, seen?.snapshot);
  requireFresh(snapshot.signed, 'REGISTRY_EXPIRED', now);
  if (snapshot.signed.root !== root.signed.version) {
    const less = snapshot.signed.root > root.signed.version;
    throw refused(
      'REGISTRY_MIXED',
      `the snapshot belongs to root ${snapshot.signed.root}, and the newest root ${less ? 'there' : 'that was seen'} is ${root.signed.version}`,
    );
  }

  const index = await readVersioned(source, 'index', { wanted: snapshot.signed.index, root: root.signed });
  requireNoLess('index', index.signed.version, seen?.index);
  requireFresh(index.signed, 'REGISTRY_EXPIRED', now);

  const { location } = source;
  memory.keep(
    { id, location },
    {
      root: rootText,
      timestamp: { version: timestamp.signed.version, sha256: timestamp.sha256 },
      snapshot: snapshot.signed.version,
      index: index.signed.version,
    },
  );
  const ends = [root, timestamp, snapshot, index].map(({ signed }) => Date.parse(signed.expires));
  return {
    id,
    location,
    packages: packagesOf(index.signed),
    expires: Math.min(...ends),
    fetch: async (indexed) => {
      const paths = packagePaths(indexed);
      const [bytes, signature] = await Promise.all([
        readPublished(source, paths.package, indexed.package),
        readPublished(source, paths.signature, indexed.signature),
      ]);
      return { package: bytes, signature };
    },
  };
}

function packagesOf({ packages }: RegistryIndex): readonly IndexedPackage[] {
  const names = packages.map(({ name, version }) => `${name}@${version}`);
  if (new Set(names).size === names.length) return packages;
  throw refused('REGISTRY_INVALID', 'the index has a version of a plugin twice');
}

interface ReadRole<Name extends RoleName> extends Signed<Name> {
  readonly sha256: string;
}

async function readRole<Name extends RoleName>(
  source: RegistrySource,
  role: Name,
  { path, root }: { readonly path: string; readonly root: RegistryRoot },
): Promise<ReadRole<Name>> {
  const bytes = await readPresent(source, path, longestFile[role]);
  const read = parseRole(bytes, role, path);
  verifyRole(read, root, path);
  return { ...read, sha256: sha256(bytes) };
}

/** A file that another one names by its version and content. */
async function readVersioned<Name extends 'snapshot' | 'index'>(
  source: RegistrySource,
  role: Name,
  about: {
    readonly wanted: { readonly version: number; readonly size: number; readonly sha256: string };
    readonly root: RegistryRoot;
  },
): Promise<ReadRole<Name>> {
  const { wanted, root } = about;
  const path = pathOf(role, wanted.version);
  const bytes = await readPresent(source, path, Math.min(wanted.size, longestFile[role]));
  if (bytes.length !== wanted.size || sha256(bytes) !== wanted.sha256) {
    throw refused('REGISTRY_MIXED', `${path} is not the file that belongs to the others`);
  }
  const read = parseRole(bytes, role, path);
  verifyRole(read, root, path);
  if (read.signed.version !== wanted.version) {
    throw refused('REGISTRY_MIXED', `${path} says that it is version ${read.signed.version}`);
  }
  return { ...read, sha256: wanted.sha256 };
}

async function readPresent(source: RegistrySource, path: string, most: number): Promise<Buffer> {
  const bytes = await source.read(path, most);
  if (bytes !== undefined) return bytes;
  throw refused('REGISTRY_UNREACHABLE', `${source.location} has no ${path}`);
}

async function readPublished(
  source: RegistrySource,
  path: string,
  published: { readonly size: number; readonly sha256: string },
): Promise<Buffer> {
  const bytes = await readPresent(source, path, published.size);
  if (bytes.length === published.size && sha256(bytes) === published.sha256) return bytes;
  throw refused('REGISTRY_FILE_SWAPPED', `${path} is not the file that the registry's index has: its content differs`);
}

function requireFresh(
  { role, expires }: { readonly role: RoleName; readonly expires: string },
  code: 'REGISTRY_EXPIRED' | 'REGISTRY_FROZEN',
  now: number,
): void {
  if (now < Date.parse(expires)) return;
  throw refused(code, `the registry's ${role} counted until ${expires}, and it is ${new Date(now).toISOString()}`);
}

function requireNoRollback(role: RoleName, read: ReadRole<'timestamp'>, seen: Seen['timestamp'] | undefined): void {
  requireNoLess(role, read.signed.version, seen?.version);
  if (read.signed.version === seen?.version && read.sha256 !== seen.sha256) {
    throw refused(
      'REGISTRY_ROLLED_BACK',
      `the registry's ${role} ${seen.version} was another one when it was seen last`,
    );
  }
}

function requireNoLess(role: RoleName, version: number, seen: number | undefined): void {
  if (seen === undefined || version >= seen) return;
  throw refused('REGISTRY_ROLLED_BACK', `the registry shows ${role} ${version}, and showed ${seen} before`);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
