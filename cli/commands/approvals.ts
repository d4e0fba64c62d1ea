import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { allPlans, allSteps } from '../../dsl/index.ts';
import type { Plan, WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';

/**
 * What is wrong with `--approve` words: a path that no step of the workflow uses would grant nothing, silently. Names and digests
 * are known only when plugins are loaded.
 */
export function checkApprovals(
  words: readonly string[],
  place: { readonly plan: Plan; readonly cwd: string; readonly workflowFolder: string },
): WaterflowFailure | undefined {
  const jobs = allPlans(place.plan).flatMap((plan) => plan.jobs);
  const used = new Set(jobs.flatMap((job) => Array.from(allSteps(job), ({ step }) => step.uses)));
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

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It doesn't exist; the step that uses it will say so.
    return path;
  }
}
