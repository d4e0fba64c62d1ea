import { hash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { IndexedPackage, RegistryRoot } from '../../schemas/generated/registry.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { replaceFile, syncFolder } from '../durable-file.ts';
import { refused } from '../packages/refused.ts';
import type { SigningKey } from '../trust/index.ts';
import { signRole } from './envelope.ts';
import { packagesIn } from './packages-in.ts';
import { type Published, readPublished } from './published.ts';
import { pathOf, type RoleName, timestampPath } from './roles.ts';

/** How to build. */
export interface BuildOptions {
  /** Signs all that there is. */
  readonly key: SigningKey;
  /** The key that signed until now, where `key` takes its place. */
  readonly oldKey?: SigningKey;
  /** How long index, snapshot and timestamp count, in ms. */
  readonly lifetimeMs: number;
  /** In ms since the epoch. */
  readonly now: number;
}

/** What was built. */
export interface Built {
  /** The id of the registry's first root key, by which its users know it. */
  readonly id: string;
  readonly version: number;
  /** ISO 8601. */
  readonly expires: string;
  readonly packages: readonly IndexedPackage[];
  /** `name@version` of what the build before didn't have. */
  readonly added: readonly string[];
  /** The same of what it had and this one hasn't. */
  readonly removed: readonly string[];
}

const dayMs = 86_400_000;
/** A root counts for a year, and is renewed in its second half, so that whoever looks in once in half a year finds the way. */
const rootLifetimeMs = 365 * dayMs;

/**
 * Makes a registry of the packages in a folder, or a newer build of one: files alone, which any web server or disk can carry. The last
 * file to be replaced is the timestamp, so that whoever reads meanwhile sees the build before. Rejects with WaterflowFailure: what is wrong
 * with a package or its signatures, PLUGIN_SWAPPED, and the REGISTRY_ codes for what is wrong with the build before.
 */
export async function buildRegistry(folder: AbsolutePath, options: BuildOptions): Promise<Built> {
  const before = await readPublished(folder, [options.key, ...(options.oldKey === undefined ? [] : [options.oldKey])]);
  const packages = await packagesIn(folder);
  const changes = changesOf(before?.index.signed.packages ?? [], packages);
  mkdirSync(join(folder, 'metadata'), { recursive: true, mode: 0o755 });
  const root = writeRoot(folder, before, options);
  const version = (before?.timestamp.signed.version ?? 0) + 1;
  const common = { format: 1, version, expires: new Date(options.now + options.lifetimeMs).toISOString() } as const;
  const write = (path: string, bytes: Buffer): { version: number; size: number; sha256: string } => {
    replaceFile(join(folder, path), bytes, { mode: 0o644 });
    return { version, size: bytes.length, sha256: hash('sha256', bytes) };
  };
  const index = write(
    pathOf('index', version),
    signRole({ role: 'index', ...common, packages: [...packages] }, [options.key]),
  );
  const snapshot = write(
    pathOf('snapshot', version),
    signRole({ role: 'snapshot', ...common, root: root.version, index }, [options.key]),
  );
  write(timestampPath, signRole({ role: 'timestamp', ...common, snapshot }, [options.key]));
  removeOlder(folder, version - 1);
  return { id: before?.id ?? root.roles.root, version, expires: common.expires, packages, ...changes };
}

function changesOf(
  before: readonly IndexedPackage[],
  after: readonly IndexedPackage[],
): Pick<Built, 'added' | 'removed'> {
  const published = new Map(before.map((each) => [nameOf(each), each]));
  for (const each of after) {
    const earlier = published.get(nameOf(each));
    if (earlier === undefined || earlier.digest === each.digest) continue;
    throw refused(
      'PLUGIN_SWAPPED',
      `${nameOf(each)} was published with the digest ${earlier.digest}, not ${each.digest}`,
    );
  }
  const now = new Set(after.map(nameOf));
  return {
    added: [...now].filter((name) => !published.has(name)),
    removed: [...published.keys()].filter((name) => !now.has(name)),
  };
}

/** The root that holds: the one that is there, or a new one for a new registry, a new key, or another year. */
function writeRoot(folder: AbsolutePath, before: Published | undefined, options: BuildOptions): RegistryRoot {
  const { key, oldKey, now } = options;
  const known = before?.root.signed;
  const isCurrent =
    known !== undefined &&
    known.roles.root === key.publicKey.id &&
    Date.parse(known.expires) - now > rootLifetimeMs / 2;
  if (isCurrent) return known;
  const { id, text } = key.publicKey;
  const root: RegistryRoot = {
    role: 'root',
    format: 1,
    version: (known?.version ?? 0) + 1,
    expires: new Date(now + rootLifetimeMs).toISOString(),
    keys: { [id]: text },
    roles: { root: id, index: id, snapshot: id, timestamp: id },
  };
  // Whoever trusts the old key learns of the new one by its signature.
  const keys = oldKey === undefined || oldKey.publicKey.id === id ? [key] : [oldKey, key];
  replaceFile(join(folder, pathOf('root', root.version)), signRole(root, keys), { mode: 0o644 });
  return root;
}

/** Removes what neither this build nor the one before needs: somebody may be reading that one. */
function removeOlder(folder: AbsolutePath, oldest: number): void {
  const metadata = join(folder, 'metadata');
  for (const name of readdirSync(metadata)) {
    const [, number, role] = /^(\d+)\.(\w+)\.json$/u.exec(name) ?? [];
    const isCounted = (['index', 'snapshot'] satisfies RoleName[]).some((each) => each === role);
    if (isCounted && Number(number) < oldest) rmSync(join(metadata, name));
  }
  syncFolder(metadata);
}

function nameOf({ name, version }: IndexedPackage): string {
  return `${name}@${version}`;
}
