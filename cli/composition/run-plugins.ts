import type { Pin, PluginVersions, RunAttempt } from '../../agent/plugin-versions/index.ts';
import { allPlans, allSteps } from '../../dsl/index.ts';
import { readPluginFolder } from '../../runtime/manifest/folder.ts';
import { identifyFiles, type PluginCatalogue, withCode } from '../../runtime/manifest/index.ts';
import { packPlugin } from '../../runtime/manifest/tarball.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { EraseTypes } from '../../runtime/typescript/erase-types.ts';
import { type Plan, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';

/** What a run's plugins come from. */
export interface RunPluginsParts {
  readonly versions: PluginVersions;
  readonly of: RunAttempt;
  readonly plan: Plan;
  /** What is there now. */
  readonly plugins: PluginCatalogue;
  readonly eraseTypes: EraseTypes;
}

/**
 * The plugins of one attempt of a run. When it begins, those that are there now, and what its workflow uses of the plugin folder is kept
 * for it on the disk; when it goes on in another process, those that it began with, with what was approved then, whatever lies in the
 * plugin folder by now. Rejects where they can't be kept.
 */
export async function pluginsOfRun(parts: RunPluginsParts): Promise<Pick<PluginCatalogue, 'resolve'>> {
  const { versions, of, plan, plugins } = parts;
  const before = versions.pins(of);
  if (before !== undefined) return asItBegan(before, parts);
  const pins = await pinsOf(plan, plugins);
  if (pins.length > 0) await versions.pin(of, pins, tarballNow);
  return plugins;
}

/** What the steps of a plan, and of the workflows that it calls, name in `uses`. */
export function usesOf(plan: Plan): ReadonlySet<string> {
  const jobs = allPlans(plan).flatMap((called) => called.jobs);
  const steps = jobs.flatMap((job) => Array.from(allSteps(job), ({ step }) => step));
  return new Set(steps.flatMap(({ kind, uses }) => (kind === 'plugin' ? [uses] : [])));
}

/** What a plan uses of the plugin folder. What isn't there, its step will say. */
async function pinsOf(plan: Plan, plugins: PluginCatalogue): Promise<readonly Pin[]> {
  const wanted = [...usesOf(plan)].filter(
    (uses) => !uses.startsWith('./') && !plugins.builtInNames.has(uses.split('@', 1)[0] ?? uses),
  );
  const found = await Promise.all(
    wanted.map(async (uses) => ({ uses, identified: await plugins.identify(uses, undefined) })),
  );
  return found.flatMap(({ uses, identified }): readonly Pin[] => {
    if ('error' in identified) return [];
    const { identity, folder, origin, signers } = identified.plugin;
    if (origin === 'built-in' || origin === 'local') return [];
    return [{ uses, identity, folder, origin, ...(signers === undefined ? {} : { signers }) }];
  });
}

/** What lies in the plugin's folder now; whoever asks holds it against the digest. */
async function tarballNow({ folder }: Pin): Promise<Uint8Array | undefined> {
  try {
    return await packPlugin(readPluginFolder(folder));
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return undefined;
    throw cause;
  }
}

function asItBegan(pins: readonly Pin[], parts: RunPluginsParts): Pick<PluginCatalogue, 'resolve'> {
  const { plugins } = parts;
  const byUses = new Map(pins.map((pin) => [pin.uses, pin]));
  const restored = new Map<Pin, Promise<LoadedPlugin | undefined>>();
  return {
    resolve: async (uses, workflowFolder) => {
      const pin = byUses.get(uses);
      if (pin === undefined) return await plugins.resolve(uses, workflowFolder);
      const now = await plugins.identify(uses, workflowFolder);
      const isSame = 'plugin' in now && now.plugin.identity.digest === pin.identity.digest;
      // Somebody may have approved it since; that nobody does any more is for runs that begin now.
      if (isSame && (now.plugin.origin === 'approved' || pin.origin !== 'approved')) {
        return await plugins.resolve(uses, workflowFolder);
      }
      const restoring = restored.get(pin) ?? restore(pin, parts);
      restored.set(pin, restoring);
      try {
        const plugin = await restoring;
        return plugin === undefined ? { error: gone(pin) } : { plugin };
      } catch (cause) {
        if (cause instanceof WaterflowFailure) return { error: cause.error };
        throw cause;
      }
    },
  };
}

async function restore(pin: Pin, { versions, of, eraseTypes }: RunPluginsParts): Promise<LoadedPlugin | undefined> {
  const files = await versions.pinned(of.run, pin.identity.digest);
  if (files === undefined) return undefined;
  const { folder, origin, signers = [] } = pin;
  return await withCode(await identifyFiles(files, folder, { origin, signers: () => signers, eraseTypes }));
}

function gone({ uses, identity: { name, version, digest } }: Pin): WaterflowError {
  return {
    code: 'PLUGIN_MISSING',
    message: `the run began with ${name}@${version} (${digest}) as ${uses}, which isn't on this machine any more`,
    remedy: 'Start a new run, or give the agent the plugin that the run began with.',
  };
}
