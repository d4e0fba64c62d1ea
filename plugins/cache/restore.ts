import type { Host } from 'waterflow/plugin';
import { type Shelf, shelfOf } from './keys.ts';
import type { Selection } from './paths.ts';

/** What to look for, and where, in this order. */
export interface Search {
  readonly selection: Selection;
  readonly key: string;
  readonly restoreKeys: readonly string[];
  readonly branches: readonly string[];
}

/** What was put back. */
export interface Restored {
  readonly hit: boolean;
  readonly key: string;
  readonly branch: string;
  readonly bytes: number;
  readonly files: number;
}

/**
 * Puts back the first that fits, as GitHub's actions/cache looks for it: in each branch the key itself, then what begins with it, then
 * what begins with each of `restoreKeys`, of several the newest. What is damaged is passed over. Undefined where nothing was found.
 */
export async function restore(host: Host, search: Search): Promise<Restored | undefined> {
  const tried = new Set<string>();
  for (const branch of search.branches) {
    const shelf = shelfOf(search.selection, branch);
    for await (const stored of candidates(host, shelf, search)) {
      if (tried.has(stored)) continue;
      tried.add(stored);
      const loaded = await host.store.load(stored, '.');
      const key = shelf.readKey(stored);
      if (loaded.found) {
        return { hit: key === search.key, key, branch, bytes: loaded.archive_bytes, files: loaded.entries };
      }
      if (loaded.damaged) host.log(`what was kept under ${key} (${branch}) was damaged, and is gone`);
    }
  }
  return undefined;
}

/** Whether the agent's cache itself can't be reached, such as the bucket that agents share. */
export function isAway(cause: unknown): cause is Error {
  return cause instanceof Error && 'code' in cause && cause.code === 'STORAGE_FAILED';
}

async function* candidates(host: Host, shelf: Shelf, { key, restoreKeys }: Search): AsyncGenerator<string, void> {
  yield shelf.keyOf(key);
  for (const prefix of [key, ...restoreKeys]) {
    for (const kept of await host.store.saved({ prefix: shelf.keyOf(prefix) })) yield kept.key;
  }
}
