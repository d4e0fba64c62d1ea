import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { allPlans, allSteps } from '../../dsl/index.ts';
import type { AbsolutePath, Digest, Plan, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';
import { openPlugins } from '../composition/plugins.ts';
import type { Terminal } from '../terminal.ts';

/**
 * What is wrong with `--approve` words: a path that no step of the workflow uses would grant nothing, silently. Names and digests
 * are known only when plugins are loaded.
 */
export function checkApprovals(
  words: readonly string[],
  place: { readonly plan: Plan; readonly cwd: string; readonly workflowFolder: string },
): WaterflowFailure | undefined {
  const used = usesOf(place.plan);
  const local = [...used].filter((uses) => uses.startsWith('./'));
  const folders = new Set(local.map((uses) => realPath(resolve(place.workflowFolder, uses))));
  const unused = words.find(
    (word) => /^[./]/u.test(word) && !used.has(word) && !folders.has(realPath(resolve(place.cwd, word))),
  );
  if (unused === undefined) return undefined;
  return usageError(
    `--approve ${unused}: no step uses that plugin`,
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
  place: { readonly plan: Plan; readonly workflowFolder: AbsolutePath },
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

function usesOf(plan: Plan): ReadonlySet<string> {
  const jobs = allPlans(plan).flatMap((called) => called.jobs);
  return new Set(jobs.flatMap((job) => Array.from(allSteps(job), ({ step }) => step.uses)));
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It doesn't exist; the step that uses it will say so.
    return path;
  }
}
