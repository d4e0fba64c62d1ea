import type { RegistryRoot } from '../../schemas/generated/registry.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { refused } from '../packages/refused.ts';
import type { SigningKey } from '../trust/index.ts';
import { parseRole, verifyRole } from './envelope.ts';
import { folderSource } from './folder-source.ts';
import type { RegistryMemory } from './ports.ts';
import { longestFile, pathOf, type RoleName, type Signed, timestampPath } from './roles.ts';
import { findRoot } from './root-chain.ts';

/** The build of a registry that is there. */
export interface Published {
  readonly id: string;
  readonly root: Signed<'root'>;
  readonly timestamp: Signed<'timestamp'>;
  readonly index: Signed<'index'>;
}

/**
 * Reads the build that a new one follows, expired or not; undefined where there is none. Rejects with REGISTRY_FOREIGN_KEY where none of
 * `keys` is its own, and the other REGISTRY_ codes.
 */
export async function readPublished(folder: AbsolutePath, keys: readonly SigningKey[]): Promise<Published | undefined> {
  const source = folderSource(folder);
  if ((await source.read(pathOf('root', 1), longestFile.root)) === undefined) return undefined;
  // Its owner needs nobody's word for it.
  const { id, root, previous } = await findRoot(source, { memory: noMemory, accept: () => true });
  requireOwn(root, keys);
  const read = async <Name extends RoleName>(role: Name, path: string): Promise<Signed<Name>> => {
    const bytes = await source.read(path, longestFile[role]);
    if (bytes === undefined) throw refused('REGISTRY_UNREACHABLE', `${folder} has no ${path}`);
    const parsed = parseRole(bytes, role, path);
    // A build that was cut off may have left a new root beside what the one before counts for.
    const byPrevious = previous !== undefined && isSignedBy(parsed, previous.signed);
    verifyRole(parsed, byPrevious ? previous.signed : root.signed, path);
    return parsed;
  };
  const timestamp = await read('timestamp', timestampPath);
  const snapshot = await read('snapshot', pathOf('snapshot', timestamp.signed.snapshot.version));
  return { id, root, timestamp, index: await read('index', pathOf('index', snapshot.signed.index.version)) };
}

const noMemory: RegistryMemory = { seen: () => undefined, at: () => undefined, keep: () => {} };

function isSignedBy({ signed, signatures }: Signed<RoleName>, root: RegistryRoot): boolean {
  return signatures.some(({ key }) => key === root.roles[signed.role]);
}

function requireOwn({ signed }: Signed<'root'>, keys: readonly SigningKey[]): void {
  const ids = keys.map(({ publicKey }) => publicKey.id);
  if (ids.includes(signed.roles.root)) return;
  throw refused(
    'REGISTRY_FOREIGN_KEY',
    `the registry is signed by ${signed.roles.root}, and the key is ${ids.join(' or ')}; to put another key in its place give both, --key and --old-key`,
  );
}
