import type { RegistryRoot } from '../../schemas/generated/registry.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { refused } from '../packages/refused.ts';
import { parseRole, verifyRole } from './envelope.ts';
import type { RegistrySource, RegistryTools, Seen } from './ports.ts';
import { longestFile, pathOf, type Signed } from './roles.ts';

/** More roots than anybody makes: a new one a week for twenty years. */
const mostRoots = 1024;

/** The registry's newest root, which one that is trusted leads to. */
export interface FoundRoot {
  /** The id of the first root's key. */
  readonly id: string;
  readonly root: Signed<'root'>;
  /** Its file. */
  readonly rootText: string;
  /** The one before it, where that was read. */
  readonly previous: Signed<'root'> | undefined;
  /** What of what was seen still binds: undefined where nothing was seen yet. */
  readonly seen: Seen | undefined;
}

/**
 * Finds the root: from the first one, whose key is the registry's identity, or the last that was seen, over every one that the one before
 * signed as well. Whether it has expired is the caller's question: an old one may lead to a new one.
 */
export async function findRoot(source: RegistrySource, tools: Omit<RegistryTools, 'now'>): Promise<FoundRoot> {
  const first = await readRoot(source, 1);
  if (first === undefined) throw refused('REGISTRY_UNREACHABLE', `${source.location} has no ${pathOf('root', 1)}`);
  verifyRole(first.root, first.root.signed, pathOf('root', 1));
  const id = first.root.signed.roles.root;
  await requireKnown(id, source, tools);
  const seen = tools.memory.seen(id);
  const known = seen === undefined ? first : rootOf(Buffer.from(seen.root), 'the root that was seen last');
  let newest = known;
  let previous: Signed<'root'> | undefined;
  for (let version = known.root.signed.version + 1; ; version += 1) {
    if (version > mostRoots) throw refused('REGISTRY_INVALID', `the registry has more than ${mostRoots} roots`);
    const next = await readRoot(source, version);
    if (next === undefined) break;
    // By the key of the one before, and by its own.
    verifyRole(next.root, newest.root.signed, pathOf('root', version));
    verifyRole(next.root, next.root.signed, pathOf('root', version));
    previous = newest.root;
    newest = next;
  }
  const { root, text } = newest;
  return { id, root, rootText: text, previous, seen: isBinding(known.root.signed, root.signed) ? seen : undefined };
}

/**
 * Where the keys that count files were replaced, what they counted says nothing any more: whoever had stolen them could have counted on to
 * where the owner never comes.
 */
function isBinding({ roles: before }: RegistryRoot, { roles: after }: RegistryRoot): boolean {
  return (['timestamp', 'snapshot', 'index'] as const).every((role) => before[role] === after[role]);
}

async function requireKnown(
  id: string,
  { location }: RegistrySource,
  { memory, meant = [], accept }: Omit<RegistryTools, 'now'>,
): Promise<void> {
  // Before all else: whoever names one doesn't want another, however well it is known here.
  if (meant.length > 0 && !meant.includes(id)) throw notMeant({ id, location, meant });
  const before = memory.at(location);
  if (before !== undefined && before !== id) {
    throw refused(
      'REGISTRY_FOREIGN_KEY',
      `${location} shows the registry ${id}, where ${before} was before: another key made it`,
    );
  }
  if (meant.length > 0 || memory.seen(id) !== undefined || (await accept(id, location))) return;
  throw refused('REGISTRY_UNKNOWN', `${location} shows the registry ${id}, which was never seen on this machine`);
}

function notMeant({
  id,
  location,
  meant,
}: {
  readonly id: string;
  readonly location: string;
  readonly meant: readonly string[];
}): WaterflowFailure {
  return new WaterflowFailure({
    code: 'REGISTRY_FOREIGN_KEY',
    message: `${location} shows the registry ${id}, and you gave ${meant.join(' and ')}: another key made this one`,
    remedy:
      'Compare the id with the one that its owner has from `waterflow registry build`. If yours is right, this registry is not the one that you mean: get it from its owner.',
  });
}

interface ReadRoot {
  readonly root: Signed<'root'>;
  readonly text: string;
}

async function readRoot(source: RegistrySource, version: number): Promise<ReadRoot | undefined> {
  const path = pathOf('root', version);
  const bytes = await source.read(path, longestFile.root);
  if (bytes === undefined) return undefined;
  const read = rootOf(bytes, path);
  if (read.root.signed.version === version) return read;
  throw refused('REGISTRY_MIXED', `${path} says that it is version ${read.root.signed.version}`);
}

function rootOf(bytes: Buffer, file: string): ReadRoot {
  return { root: parseRole(bytes, 'root', file), text: bytes.toString('utf8') };
}
