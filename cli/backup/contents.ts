import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseRunId } from '../../schemas/index.ts';
import { hasCode } from '../../storage/folder/failures.ts';
import { keyFileName } from '../../server/webhooks/seal.ts';

/** Something of a state folder, by its path in it, with `/` between names. */
export interface StatePart {
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
}

/** The private keys in a state folder: what audit logs are signed with, and what the secrets of webhooks are sealed with. */
export const keyFiles: readonly string[] = ['agent-key.pem', keyFileName];

/** The database that says which runs there are. */
export const recordsFile = 'server.sqlite';

/** What a process has of itself, of no worth to another one; and what is about to come or go. */
const left =
  /^(?:server-lock\.sqlite|agent-lock\.sqlite|owner|room-.*|\.new-.*|\.removed-.*|\.restoring|\.before-restore-.*|blobs-on-their-way)$|-(?:wal|shm|journal)$/u;

/** What anybody makes anew: compiled code, where the state folder is its user's home, too. */
const cacheFolder = '.cache';

/** Folders whose content is on its way, or for one process: requests of other processes, which expire, and files of steps that may hold secrets. */
const emptied: ReadonlySet<string> = new Set(['incoming', 'inbox', 'temp']);

/**
 * Of a run, in this order: what tells how far something had come, before that thing, which may only have come further when it is copied. So
 * the head of the journal is no further than the journal, the journal names no blob that isn't there, and audit logs know of every call
 * that the journal does.
 */
const orderInRun: readonly RegExp[] = [
  /^journal\.head$/u,
  /^journal\.sqlite$/u,
  /^audit.*\.head$/u,
  /^audit.*\.reserve$/u,
  /^audit/u,
  /^logs$/u,
  /^blobs$/u,
];
/** Workspaces are large and may be written to all the time: they come last. */
const lastInRun = /^work$/u;

/**
 * What has to be copied of a state folder that is in use, in the order in which it has to be: the records first, so that each run which
 * they know has its folder; then everything that runs share; then one run after the other. Folders come before what is in them. Each
 * is looked for when it is its turn.
 */
export function* contentsOf(state: string, under = ''): IterableIterator<StatePart> {
  const entries = entriesOf(join(state, under)).filter(({ name }) => under !== '' || name !== cacheFolder);
  const [runs, others] = split(entries, ({ name }) => parseRunId(name) !== undefined);
  for (const entry of others.toSorted(byRank((name) => (name === recordsFile ? 0 : 1)))) {
    const nested = ['dev', 'agent'].includes(entry.name) && entry.isDirectory();
    if (!nested) yield* partsOf(state, under, entry);
    else {
      yield { path: under + entry.name, kind: 'folder' };
      yield* contentsOf(state, `${under}${entry.name}/`);
    }
  }
  // A run that came since has no row in the records that were copied, but may be one of `waterflow run`.
  for (const run of runs) yield* runContents(state, `${under}${run.name}/`);
}

function* runContents(state: string, under: string): IterableIterator<StatePart> {
  yield { path: under.slice(0, -1), kind: 'folder' };
  const rank = (name: string): number => {
    const place = orderInRun.findIndex((pattern) => pattern.test(name));
    if (place !== -1) return place;
    return lastInRun.test(name) ? orderInRun.length + 1 : orderInRun.length;
  };
  for (let turn = 0; turn <= orderInRun.length + 1; turn += 1) {
    // Looked for anew: a log may have got another file since, which its head tells of.
    for (const entry of entriesOf(join(state, under)))
      if (rank(entry.name) === turn) yield* partsOf(state, under, entry);
  }
}

/** An entry, and what is in it. Sockets and the like are left out. */
function* partsOf(state: string, under: string, entry: Dirent): IterableIterator<StatePart> {
  const path = under + entry.name;
  if (entry.isSymbolicLink()) yield { path, kind: 'link' };
  else if (entry.isFile()) yield { path, kind: 'file' };
  else if (entry.isDirectory()) {
    yield { path, kind: 'folder' };
    if (isEmptied(path)) return;
    for (const inner of entriesOf(join(state, path))) yield* partsOf(state, `${path}/`, inner);
  }
}

/** Of `work` everything is a job's own, whatever it is called. */
function isEmptied(path: string): boolean {
  const names = path.split('/');
  return !names.includes('work') && emptied.has(names.at(-1) ?? '');
}

/** By name. None where the folder went while others were read. */
function entriesOf(folder: string): readonly Dirent[] {
  const isJobs = folder.split('/').includes('work');
  try {
    const entries = readdirSync(folder, { withFileTypes: true });
    return entries.filter(({ name }) => isJobs || !left.test(name)).toSorted(byRank(() => 0));
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return [];
    throw cause;
  }
}

function byRank(rank: (name: string) => number): (one: Dirent, other: Dirent) => number {
  return (one, other) => rank(one.name) - rank(other.name) || (one.name < other.name ? -1 : 1);
}

function split<Item>(items: readonly Item[], is: (item: Item) => boolean): readonly [Item[], Item[]] {
  return [items.filter(is), items.filter((item) => !is(item))];
}
