import type { PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { WaterflowError } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { type ReadPlugins, renewPlugins } from './plugins.ts';

/** What has become of a plugin of the plugin folder. */
export type PluginChange =
  | { readonly change: 'loaded' | 'changed' | 'removed'; readonly plugin: LoadedPlugin['identity'] }
  /** `kept`: what was there before goes on in its place. */
  | { readonly change: 'refused'; readonly error: WaterflowError; readonly kept?: LoadedPlugin['identity'] };

/**
 * Reads the plugin folder anew and loads all that is in it: what is whole takes the place of what was there, for whoever opens plugins from now
 * on; in the place of what is refused stays what was loaded before. Gives what has changed for who approved nothing by hand.
 */
export async function reloadPlugins(terminal: Terminal): Promise<readonly PluginChange[]> {
  const changes: PluginChange[] = [];
  let isFirst = true;
  await renewPlugins(terminal, async (before, read) => {
    const own = isFirst ? changes : [];
    isFirst = false;
    return await renewed(before, read, own);
  });
  return changes;
}

/** Loads all plugins of the plugin folder, so that later changes of it change nothing of them. */
export async function loadInstalled(plugins: PluginCatalogue): Promise<Installed> {
  const resolved = await Promise.all(
    plugins.listed
      .filter(({ name, description }) => description.runtime !== 'control' && !plugins.builtInNames.has(name))
      .map(async ({ name, version }) => {
        const uses = `${name}@${version}`;
        return {
          uses,
          described: await plugins.describe(uses, undefined),
          found: await plugins.resolve(uses, undefined),
        };
      }),
  );
  const refused = resolved.flatMap(({ described, found }) =>
    'error' in found && 'plugin' in described ? [{ folder: described.plugin.folder, error: found.error }] : [],
  );
  const broken = plugins.broken.map(({ folder, errors: [first] }) => ({
    folder,
    error:
      first ??
      ({ code: 'PLUGIN_INVALID', message: `${folder} is no plugin`, remedy: 'Correct it, or remove it.' } as const),
  }));
  return {
    loaded: resolved.flatMap(({ found }) => ('plugin' in found ? [found.plugin] : [])),
    refused: [...refused, ...broken],
  };
}

interface Installed {
  readonly loaded: readonly LoadedPlugin[];
  readonly refused: readonly { readonly folder: string; readonly error: WaterflowError }[];
}

async function renewed(before: PluginCatalogue, read: ReadPlugins, changes: PluginChange[]): Promise<PluginCatalogue> {
  const { loaded: earlier } = await loadInstalled(before);
  const candidate = read([]);
  const { loaded, refused } = await loadInstalled(candidate);
  const kept = refused.flatMap(({ folder, error }) => {
    const old = earlier.find((plugin) => plugin.folder === folder);
    changes.push({ change: 'refused', error, ...(old === undefined ? {} : { kept: old.identity }) });
    return old === undefined ? [] : [old];
  });
  const next = kept.length === 0 ? candidate : read(kept);
  const now = kept.length === 0 ? loaded : (await loadInstalled(next)).loaded;
  changes.push(...changesBetween(earlier, now));
  return next;
}

function changesBetween(before: readonly LoadedPlugin[], now: readonly LoadedPlugin[]): readonly PluginChange[] {
  const digests = (plugins: readonly LoadedPlugin[]): ReadonlyMap<string, LoadedPlugin['identity']> =>
    new Map(plugins.map(({ identity }) => [`${identity.name}@${identity.version}`, identity]));
  const [old, current] = [digests(before), digests(now)];
  const come = [...current].flatMap(([key, plugin]): readonly PluginChange[] => {
    const known = old.get(key);
    if (known === undefined) return [{ change: 'loaded', plugin }];
    return known.digest === plugin.digest ? [] : [{ change: 'changed', plugin }];
  });
  const gone = [...old].flatMap(([key, plugin]): readonly PluginChange[] =>
    current.has(key) ? [] : [{ change: 'removed', plugin }],
  );
  return [...come, ...gone];
}
