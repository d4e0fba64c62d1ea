import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AbsolutePath, Digest, Plan, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import { usesOf } from '../composition/run-plugins.ts';
import type { Terminal } from '../terminal.ts';

/** A plan, and where its plugins are looked for. */
interface Place {
  readonly plan: Plan;
  readonly workflowFolder: AbsolutePath;
}

/** What is wrong with `--approve` words: one that means no plugin of the workflow would grant nothing, silently. */
export async function checkApprovals(
  terminal: Terminal,
  words: readonly string[],
  place: Place,
): Promise<WaterflowFailure | undefined> {
  for (const word of words) {
    if (!(await isOfUse(terminal, word, place))) return unusedApproval(word, place.plan);
  }
  return undefined;
}

async function isOfUse(terminal: Terminal, word: string, { plan, workflowFolder }: Place): Promise<boolean> {
  const used = usesOf(plan);
  if (used.has(word)) return true;
  if (/^[./]/u.test(word)) {
    const folder = realPath(resolve(terminal.cwd, word));
    return [...used].some((uses) => uses.startsWith('./') && realPath(resolve(workflowFolder, uses)) === folder);
  }
  const plugins = openPlugins(terminal, [word]);
  const found = await Promise.all(Array.from(used, (uses) => plugins.resolve(uses, workflowFolder)));
  // It may be the name or the digest of one that can't be loaded: its step will tell.
  return found.some((resolved) => 'error' in resolved || resolved.plugin.origin === 'approved');
}

function unusedApproval(word: string, plan: Plan): WaterflowFailure {
  const local = [...usesOf(plan)].filter((uses) => uses.startsWith('./'));
  return usageError(
    `--approve ${word}: no step uses that plugin`,
    local.length === 0
      ? 'Leave it out: no step of the workflow uses a plugin folder.'
      : `Steps use these plugin folders: ${local.join(', ')}.`,
  );
}

/**
 * The digests of what `--approve` approves of the plugins that a workflow uses. A run keeps these: whoever approved a plugin saw these
 * bytes, and no others that may lie in its folder when the run is resumed.
 */
export async function approvedDigests(
  terminal: Terminal,
  words: readonly string[],
  place: Place,
): Promise<readonly Digest[]> {
  if (words.length === 0) return [];
  const plugins = openPlugins(terminal, words);
  const found = await Promise.all(
    Array.from(usesOf(place.plan), async (uses) => {
      const resolved = await plugins.resolve(uses, place.workflowFolder);
      // What can't be loaded, its step will tell.
      return 'plugin' in resolved && resolved.plugin.origin === 'approved' ? [resolved.plugin.identity.digest] : [];
    }),
  );
  return [...new Set(found.flat())];
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It doesn't exist; the step that uses it will say so.
    return path;
  }
}
