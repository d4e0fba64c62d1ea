import { type FSWatcher, lstatSync, statSync, watch as watchEntries } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { watch } from 'chokidar';
import { stagingName } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** A file that has not grown for so long is whole, in ms: whoever copies a plugin writes one file after the other. */
const settledMs = 200;
/** All that comes within so long after each other is one change, in ms. */
const gatherMs = 300;
/** What goes on coming is a change after so long, in ms: a folder that is never quiet would never be read. */
const longestGatherMs = 3000;

/** What it is told to. */
export interface FolderListener {
  /** Something has changed. */
  readonly changed: () => void;
  /** A part can't be followed: changes of it are only seen together with others. */
  readonly unfollowed: (reason: string) => void;
}

/**
 * Tells that something in a folder has changed, also where the folder itself comes, goes, or is another one. chokidar 6 follows the files of
 * a folder by its inode, and sees nothing of another folder that is put in its place at once; so what is put into the folder is watched for apart, as
 * is its own name and those of all folders above it, and all of it anew after each change.
 */
export class FolderEvents implements AsyncDisposable {
  readonly #folder: AbsolutePath;
  readonly #listener: FolderListener;
  #names: readonly FSWatcher[] = [];
  #files: ReturnType<typeof watch> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #since: number | undefined;
  #over = false;

  constructor(folder: AbsolutePath, listener: FolderListener) {
    this.#folder = folder;
    this.#listener = listener;
  }

  /** Follows what is there now. What changes from here on is told; whoever reads the folder afterwards misses nothing. */
  async renew(): Promise<void> {
    const names = this.#names;
    this.#names = this.#followNames();
    for (const each of names) each.close();
    // First: chokidar has one handle for all that follow one path, whatever is there by now.
    await this.#files?.close();
    this.#files = await this.#followFiles();
    // Disposed of meanwhile.
    if (this.#over) await this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over = true;
    clearTimeout(this.#timer);
    await this.#close();
  }

  async #close(): Promise<void> {
    for (const each of this.#names) each.close();
    await this.#files?.close();
  }

  /** Of a folder that comes while this looks, the one above tells. */
  #followNames(): readonly FSWatcher[] {
    const watchers = [this.#watchNames(this.#folder, () => true)];
    for (let below: string = this.#folder; dirname(below) !== below; below = dirname(below)) {
      const [parent, name] = [dirname(below), basename(below)];
      // A folder that goes away itself is told of by its own name.
      watchers.push(this.#watchNames(parent, (changed) => changed === name || changed === basename(parent)));
    }
    return watchers.flatMap((watcher) => watcher ?? []);
  }

  #watchNames(folder: string, concerns: (name: string) => boolean): FSWatcher | undefined {
    // Links on the way to the folder are the operator's.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
    try {
      const watcher = watchEntries(folder, (_event, name) => {
        if (name === null || concerns(name)) this.#soon();
      });
      // It went away: the folder above it tells so.
      watcher.on('error', () => this.#soon());
      return watcher;
    } catch (cause) {
      if (!isGone(folder)) this.#listener.unfollowed(reasonOf(cause));
      return undefined;
    }
  }

  async #followFiles(): Promise<ReturnType<typeof watch> | undefined> {
    if (isGone(this.#folder)) return undefined;
    const awaitWriteFinish = { stabilityThreshold: settledMs, pollInterval: 50 };
    // What comes of what lies there shows by the name that it gets. Another user may not look.
    const staging = join(this.#folder, stagingName);
    // Nothing that a link leads to is a plugin.
    const files = watch(this.#folder, {
      ignored: (path) => path === staging,
      ignoreInitial: true,
      awaitWriteFinish,
      followSymlinks: false,
    });
    const begun = Promise.withResolvers<void>();
    files.on('all', () => this.#soon());
    files.on('ready', begun.resolve);
    files.on('error', (cause) => {
      this.#listener.unfollowed(reasonOf(cause));
      begun.resolve();
    });
    await begun.promise;
    return files;
  }

  #soon(): void {
    if (this.#over) return;
    const now = performance.now();
    this.#since ??= now;
    clearTimeout(this.#timer);
    const wait = Math.max(0, Math.min(gatherMs, this.#since + longestGatherMs - now));
    this.#timer = setTimeout(() => {
      this.#since = undefined;
      this.#listener.changed();
    }, wait);
  }
}

function isGone(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) === undefined;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
