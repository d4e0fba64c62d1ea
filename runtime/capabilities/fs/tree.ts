import { readdir } from 'node:fs/promises';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import type { Entry, Folder } from './folder.ts';
import { throwIfAborted } from './operation.ts';
import { takeTurns } from './turns.ts';
import { maxDepth, openFolder } from './workspace.ts';

/** Most entries that one call may walk over: a bound on the agent's work, not on workspaces. */
export const maxWalkedEntries = 200_000;

/** What a walk came upon. `names` are from the workspace; `entry` lives until visit() returns. */
export interface Visited {
  readonly names: readonly string[];
  readonly name: string;
  readonly entry: Entry;
  readonly parent: Folder;
}

/** What a walk does at each entry. */
export interface Visitor {
  /** Whether to go into a folder, before what is in it. Links are never gone into. */
  enter(visited: Visited): boolean;
  /** Each entry that isn't a folder, in no order. */
  visit(visited: Visited): Promise<void> | void;
  /** A folder, after all that is in it. */
  leave?(visited: Visited): void;
}

/** Walks all that lies below the folder at `start`. */
export async function walk(
  place: { readonly workspace: AbsolutePath; readonly start: readonly string[] },
  scope: Pick<CallScope, 'signal'>,
  visitor: Visitor,
): Promise<void> {
  using folder = openFolder(place.workspace, place.start, 'fail');
  const turns = takeTurns();
  let walked = 0;
  const walkFolder = async (parent: Folder, names: readonly string[]): Promise<void> => {
    if (names.length > maxDepth)
      throw new CallFailure('LIMIT_EXCEEDED', `folders go down more than ${maxDepth} levels`);
    for (const name of await readdir(parent.path)) {
      await turns.next();
      throwIfAborted(scope);
      walked += 1;
      if (walked > maxWalkedEntries) {
        throw new CallFailure('LIMIT_EXCEEDED', `there are more than ${maxWalkedEntries} files and folders`);
      }
      using entry = parent.entry(name);
      // Another process removed it meanwhile, or its name isn't UTF-8, so that no path can say it.
      if (entry === undefined) continue;
      const visited: Visited = { names: [...names, name], name, entry, parent };
      if (!entry.stats.isDirectory()) await visitor.visit(visited);
      else if (visitor.enter(visited)) {
        {
          using child = entry.intoFolder();
          await walkFolder(child, visited.names);
        }
        visitor.leave?.(visited);
      }
    }
  };
  await walkFolder(folder, place.start);
}
