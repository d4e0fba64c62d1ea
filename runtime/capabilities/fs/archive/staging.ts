import { constants, open, renameSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import type { AbsolutePath } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import type { Folder } from '../folder.ts';
import { type Charged, chargeFile, makerFor } from '../operation.ts';
import { walk } from '../tree.ts';
import { findEntry, openFolder, requireEntry, temporaryName } from '../workspace.ts';

const openCallback = promisify(open);
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What a call unpacks for: whose quota, and where. */
export type Unpacking = Charged & { readonly scope: { readonly workspace: AbsolutePath } };

/**
 * A folder beside the one that is to be filled, under a name that nobody else has. What is unpacked lies there until it is whole; then it
 * goes to its place by rename, so that an archive which is damaged at its end leaves nothing behind.
 */
export interface Staging {
  /** A descriptor to write a new file; the caller closes it. Several may be asked for at a time. */
  createFile(names: readonly string[], mode: number): Promise<number>;
  createFolder(names: readonly string[]): void;
  createLink(names: readonly string[], target: string): void;
  /** The path of something in it, from the workspace. */
  at(names: readonly string[]): readonly string[];
  /** Puts everything in its place. Throws before anything moved where something is in the way. */
  commit(): Promise<void>;
  /** Removes it with all that is in it. */
  discard(): Promise<void>;
}

/** Makes one for the folder at `target`. */
export function createStaging(call: Unpacking, target: readonly string[]): Staging {
  const { workspace } = call.scope;
  const parent = target.slice(0, -1);
  const root = [...parent, temporaryName()];
  const maker = makerFor(call);
  // What could never be filled is found out before anything is unpacked.
  if (!isFree(workspace, target)) openFolder(workspace, target, 'fail')[Symbol.dispose]();
  openFolder(workspace, root, maker)[Symbol.dispose]();
  const at = (names: readonly string[]): readonly string[] => [...root, ...names];
  let last: HeldFolder | undefined;
  const closeLast = (): void => {
    last?.release();
    last = undefined;
  };
  // The files of a folder come one after the other, so that it stays open until one of another folder comes.
  const folderOf = (names: readonly string[]): HeldFolder => {
    const folders = names.slice(0, -1);
    const path = folders.join('/');
    if (last?.path === path) return last;
    closeLast();
    last = hold(openFolder(workspace, at(folders), maker), path);
    return last;
  };
  return {
    at,
    async createFile(names, mode) {
      const held = folderOf(names);
      chargeFile(call);
      held.use();
      try {
        return await openCallback(held.folder.at(lastOf(names)), newFile, mode);
      } finally {
        held.release();
      }
    },
    createFolder(names) {
      openFolder(workspace, at(names), maker)[Symbol.dispose]();
    },
    createLink(names, text) {
      const { folder } = folderOf(names);
      chargeFile(call);
      symlinkSync(text, folder.at(lastOf(names)));
    },
    async commit() {
      closeLast();
      if (target.length > 0 && isFree(workspace, target)) {
        using folder = openFolder(workspace, parent, 'fail');
        renameSync(folder.at(lastOf(root)), folder.at(lastOf(target)));
      } else {
        await refuseConflicts(workspace, root, target);
        await merge(workspace, root, target);
      }
    },
    async discard() {
      closeLast();
      await removeTree(workspace, root);
    },
  };
}

/** A folder that is closed once the last of those who use it lets it go. */
interface HeldFolder {
  readonly path: string;
  readonly folder: Folder;
  use(): void;
  release(): void;
}

/** Held by who calls this. */
function hold(folder: Folder, path: string): HeldFolder {
  let users = 1;
  return {
    path,
    folder,
    use() {
      users += 1;
    },
    release() {
      users -= 1;
      if (users === 0) folder[Symbol.dispose]();
    },
  };
}

/** Nobody cancels these walks: what was begun is moved or removed to the end. */
const uninterrupted = { signal: new AbortController().signal };

function isFree(workspace: AbsolutePath, names: readonly string[]): boolean {
  using entry = findEntry(workspace, names);
  return entry === undefined;
}

/** A folder may meet a folder, anything else what it can replace: a file or a link. */
async function refuseConflicts(
  workspace: AbsolutePath,
  root: readonly string[],
  target: readonly string[],
): Promise<void> {
  const placeOf = (names: readonly string[]): readonly string[] => [...target, ...names.slice(root.length)];
  const conflict = (place: readonly string[], what: string): CallFailure =>
    new CallFailure('FAILED', `\`${place.join('/')}\` ${what}`, { remedy: 'Unpack into an empty folder.' });
  await walk({ workspace, start: root }, uninterrupted, {
    enter({ names }) {
      const place = placeOf(names);
      using existing = findEntry(workspace, place);
      if (existing === undefined) return false;
      if (!existing.stats.isDirectory()) throw conflict(place, 'is there and is no folder, as the archive has it');
      return true;
    },
    visit({ names }) {
      const place = placeOf(names);
      using existing = findEntry(workspace, place);
      if (existing === undefined || existing.stats.isFile() || existing.stats.isSymbolicLink()) return;
      throw conflict(place, `is there and is ${existing.stats.isDirectory() ? 'a folder' : 'no file'}`);
    },
  });
}

/** By rename, one after the other: a link that stands in a file's place is replaced, never written through. */
async function merge(workspace: AbsolutePath, root: readonly string[], target: readonly string[]): Promise<void> {
  const folderFor = (names: readonly string[]) =>
    openFolder(workspace, [...target, ...names.slice(root.length, -1)], { making: () => undefined });
  await walk({ workspace, start: root }, uninterrupted, {
    enter({ names, name, parent }) {
      using folder = folderFor(names);
      {
        using existing = folder.entry(name);
        if (existing !== undefined) return true;
      }
      // A folder that isn't there yet goes as a whole.
      renameSync(parent.at(name), folder.at(name));
      return false;
    },
    visit({ names, name, parent }) {
      using folder = folderFor(names);
      renameSync(parent.at(name), folder.at(name));
    },
    leave: ({ name, parent }) => rmdirSync(parent.at(name)),
  });
  using above = openFolder(workspace, root.slice(0, -1), 'fail');
  rmdirSync(above.at(lastOf(root)));
}

/** Without following a link, and however far it was filled. */
async function removeTree(workspace: AbsolutePath, names: readonly string[]): Promise<void> {
  if (isFree(workspace, names)) return;
  using above = openFolder(workspace, names.slice(0, -1), 'fail');
  requireEntry(above, lastOf(names), names.join('/'))[Symbol.dispose]();
  await walk({ workspace, start: names }, uninterrupted, {
    enter: () => true,
    visit: ({ name, parent }) => unlinkSync(parent.at(name)),
    leave: ({ name, parent }) => rmdirSync(parent.at(name)),
  });
  rmdirSync(above.at(lastOf(names)));
}

function lastOf(names: readonly string[]): string {
  const last = names.at(-1);
  if (last === undefined) throw new TypeError('the workspace itself has no name');
  return last;
}
