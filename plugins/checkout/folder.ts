import type { Host } from 'waterflow/plugin';
import type { Git } from './git.ts';
import { isCommit } from './reference.ts';

/** The folder of a checkout. */
export interface Place {
  readonly host: Host;
  /** Of the workspace; `.` for the workspace itself. */
  readonly path: string;
}

/** What an earlier checkout says of itself in its own folder, where later steps could have changed anything. */
interface Note {
  readonly repository: string;
  readonly commit: string;
}

const noteFile = '.git/waterflow-checkout.json';
/** Commits whose parents aren't there, as git notes them. */
const shallowFile = '.git/shallow';
/** What was looked at, and is no link. */
const kept: ReadonlySet<string> = new Set([noteFile, shallowFile, '.git/objects']);

/** A path below the folder. */
export function below({ path }: Place, name: string): string {
  return path === '.' ? name : `${path}/${name}`;
}

/** Makes the folder. Throws where something is in it that no checkout made. */
export async function openFolder(place: Place): Promise<readonly string[]> {
  const { host, path } = place;
  if (path !== '.') await host.fs.mkdir(path);
  const names = (await host.fs.list(path)).map((entry) => entry.name);
  if (names.length > 0 && !names.includes('.git')) {
    throw new Error(`path: ${path} isn't empty, and no checkout made it; choose another path`);
  }
  return names;
}

/** Removes all that is in it. */
export async function emptyFolder({ host, path }: Place): Promise<void> {
  const entries = await host.fs.list(path);
  await Promise.all(entries.map(({ name }) => removeWhole(host, below({ host, path }, name))));
}

/** A folder of more than one call removes is removed by the folders in it. */
async function removeWhole(host: Host, path: string): Promise<void> {
  try {
    await host.fs.remove(path);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'LIMIT_EXCEEDED')) throw cause;
    const folders = (await host.fs.list(path)).filter(({ type }) => type === 'directory');
    if (folders.length === 0) throw cause;
    for (const { name } of folders) await removeWhole(host, `${path}/${name}`);
    await host.fs.remove(path);
  }
}

/** Notes what lies here, for a later checkout that is to go on from it. */
export async function leaveNote(place: Place, note: Note): Promise<void> {
  const { repository, commit } = note;
  await place.host.fs.write(below(place, noteFile), JSON.stringify({ repository, commit }));
}

/** What an earlier checkout left. */
export interface Earlier {
  /** That was checked out. */
  readonly commit: string;
  /** Whether parents of some commits aren't there. */
  readonly isShallow: boolean;
}

/**
 * Leaves of an earlier checkout of the same repository its files and its objects, and takes away all by which git could be made to run,
 * read or write something else: settings, hooks, attributes, links, alternates, the index. So no git runs there before it. Undefined
 * where nothing can be used again.
 */
export async function stripEarlier(place: Place, url: string): Promise<Earlier | undefined> {
  const { host } = place;
  const note = await readNote(place);
  if (note?.repository !== url) return undefined;
  const shallow = await readShallow(place);
  if (shallow === undefined || !(await hasPlainObjects(place))) return undefined;
  const entries = await host.fs.list(below(place, '.git'));
  if (entries.some(({ name }) => name === 'modules')) return undefined;
  // Where this is cut short, the next try finds the note still.
  const others = entries.map(({ name }) => `.git/${name}`).filter((name) => !kept.has(name));
  await Promise.all(others.map((name) => host.fs.remove(below(place, name))));
  return { commit: note.commit, isShallow: shallow !== '' };
}

/** Names what is here, in what `git init` made a repository again: the server then sends only what isn't. False where it isn't there. */
export function nameEarlier(git: Git, commit: string): Promise<boolean> {
  return git.succeeds(['update-ref', 'refs/waterflow/earlier', commit]);
}

async function readNote(place: Place): Promise<Note | undefined> {
  const { host } = place;
  if ((await host.fs.stat(below(place, '.git')))?.type !== 'directory') return undefined;
  if ((await host.fs.stat(below(place, noteFile)))?.type !== 'file') return undefined;
  const text = await host.fs.read(below(place, noteFile), { max_bytes: 16_384 });
  try {
    // Anything, until it was looked at.
    const note = JSON.parse(text) as Partial<Record<keyof Note, unknown>> | null;
    const [repository, commit] = [note?.repository, note?.commit];
    if (typeof repository !== 'string' || typeof commit !== 'string' || !isCommit(commit)) return undefined;
    return { repository, commit };
  } catch {
    // Not one that a checkout wrote.
    return undefined;
  }
}

async function readShallow(place: Place): Promise<string | undefined> {
  const file = below(place, shallowFile);
  const found = await place.host.fs.stat(file);
  if (found === null) return '';
  if (found.type !== 'file') return undefined;
  const text = await place.host.fs.read(file);
  return /^(?:[0-9a-f]{40,64}\n)*$/.test(text) ? text : undefined;
}

/** Whether the store of objects is nothing but packs and objects, in ordinary files; what tells of others, or wasn't finished, is removed. */
async function hasPlainObjects(place: Place): Promise<boolean> {
  const { host } = place;
  const objects = below(place, '.git/objects');
  if ((await host.fs.stat(objects))?.type !== 'directory') return false;
  for (const { name, type } of await host.fs.list(objects)) {
    const folder = `${objects}/${name}`;
    if (name === 'info') {
      await host.fs.remove(folder);
      continue;
    }
    const file = name === 'pack' ? packPattern : /^[0-9a-f]{2}$/.test(name) ? objectPattern : undefined;
    if (file === undefined || type !== 'directory') return false;
    const [unfinished, entries] = partition(await host.fs.list(folder));
    await Promise.all(unfinished.map((entry) => host.fs.remove(`${folder}/${entry.name}`)));
    if (entries.some((entry) => entry.type !== 'file' || !file.test(entry.name))) return false;
  }
  return true;
}

/** A fetch that was cut off leaves such files. */
const unfinishedPattern = /^(?:tmp_[A-Za-z]+_[A-Za-z0-9]+|pack-[0-9a-f]{40,64}\.keep)$/;

function partition<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
): readonly [unfinished: readonly Entry[], finished: readonly Entry[]] {
  const isUnfinished = ({ name }: Entry): boolean => unfinishedPattern.test(name);
  return [entries.filter(isUnfinished), entries.filter((entry) => !isUnfinished(entry))];
}

/** A pack of a partial clone (`.promisor`) isn't among them: git would fetch what it lacks, whenever it likes. */
const packPattern = /^pack-[0-9a-f]{40,64}\.(?:pack|idx|rev|bitmap|mtimes)$/;
const objectPattern = /^[0-9a-f]{38,62}$/;
