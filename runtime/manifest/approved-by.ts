import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { ApprovalCandidate } from './catalogue.ts';

/** Approves by the words of a list (`--approve`): as `uses:` says it, a name, a digest, or a folder (from `cwd`). */
export function approvedBy(list: readonly string[], cwd: AbsolutePath): (candidate: ApprovalCandidate) => boolean {
  return ({ uses, folder, identity }) =>
    list.some(
      (word) =>
        word === uses ||
        word === identity.digest ||
        // Anybody may give the folder beside a workflow the name of an installed plugin.
        (!uses.startsWith('./') && (word === identity.name || word === `${identity.name}@${identity.version}`)) ||
        (/^[./]/.test(word) && realPath(resolve(cwd, word)) === realPath(folder)),
    );
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
