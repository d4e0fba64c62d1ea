import { lstatSync } from 'node:fs';
import { basename } from 'node:path';
import { refusedByLockfile } from '../../runtime/install/approved.ts';
import { nameOf } from '../../runtime/install/lockfile.ts';
import { identifyFiles, type PluginCatalogue } from '../../runtime/manifest/index.ts';
import type { KnownPlugin } from '../../runtime/plugin.ts';
import type { Lockfile } from '../../schemas/generated/lockfile.ts';
import {
  type AbsolutePath,
  type Digest,
  type PluginIdentity,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';
import { versionsOf } from './plugin-versions.ts';
import { installedLockfile, openPlugins, type PluginsNow, type RefusedFolder, renewPlugins } from './plugins.ts';

/** What has become of a plugin of the plugin folder. */
export type PluginChange =
  | {
      readonly change: 'loaded' | 'changed' | 'removed' | 'approved' | 'unapproved';
      readonly plugin: PluginIdentity;
    }
  /** `kept`: what was there before goes on in its place. Without a folder it is about all of them. */
  | {
      readonly change: 'refused';
      readonly folder?: AbsolutePath;
      readonly error: WaterflowError;
      readonly kept?: PluginIdentity;
    };

/**
 * Reads the plugin folder anew, and all that is in it: what is whole takes the place of what was there, for whoever opens plugins from now
 * on; in the place of what is refused stays what was read before. Gives what has changed for who approved nothing by hand. With a lockfile
 * that can't be relied on nothing changes at all.
 */
export async function reloadPlugins(terminal: Terminal): Promise<readonly PluginChange[]> {
  const changes: PluginChange[] = [];
  let isFirst = true;
  try {
    await renewPlugins(terminal, async (before, now) => {
      const own = isFirst ? changes : [];
      isFirst = false;
      return await renewed(before, { ...now, terminal }, own);
    });
    await keepInstalled(terminal);
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    changes.push({ change: 'refused', error: cause.error });
  }
  return changes;
}

/**
 * Reads all that is in the plugin folder when a process begins, so that later changes of it change nothing of that. Where what was approved
 * isn't there as it was, it is taken as an earlier process had it. Gives what is refused.
 */
export async function beginPlugins(terminal: Terminal): Promise<readonly PluginChange[]> {
  const { refused } = await readInstalled(openPlugins(terminal, []));
  if (refused.length > 0) return await reloadPlugins(terminal);
  await keepInstalled(terminal);
  return [];
}

/** Has what is taken now, and what is approved, outlive this process. */
async function keepInstalled(terminal: Terminal): Promise<void> {
  const versions = versionsOf(terminal);
  if (versions === undefined) return;
  const { known } = await readInstalled(openPlugins(terminal, []));
  const approved = installedLockfile(terminal)?.plugins ?? [];
  // A lockfile's digests are of that form.
  const locked = approved.map(({ digest }) => digest as Digest);
  versions.keepInstalled([...known.map(({ identity }) => identity.digest), ...locked]);
}

/** Reads all plugins of the plugin folder, so that later changes of it change nothing of them. No code is compiled. */
async function readInstalled(plugins: PluginCatalogue): Promise<Installed> {
  const found = await Promise.all(
    plugins.listed
      .filter(({ name, description }) => description.runtime !== 'control' && !plugins.builtInNames.has(name))
      .map(async ({ name, version }) => {
        const uses = `${name}@${version}`;
        return {
          described: await plugins.describe(uses, undefined),
          identified: await plugins.identify(uses, undefined),
        };
      }),
  );
  const refused = found.flatMap(({ described, identified }) =>
    'error' in identified && 'plugin' in described
      ? [{ folder: described.plugin.folder, error: identified.error }]
      : [],
  );
  const broken = plugins.broken.map(({ folder, errors: [first] }) => ({
    folder,
    error:
      first ??
      ({ code: 'PLUGIN_INVALID', message: `${folder} is no plugin`, remedy: 'Correct it, or remove it.' } as const),
  }));
  return {
    known: found.flatMap(({ identified }) => ('plugin' in identified ? [identified.plugin] : [])),
    refused: [...refused, ...broken],
  };
}

interface Installed {
  readonly known: readonly KnownPlugin[];
  readonly refused: readonly RefusedFolder[];
}

interface Renewing extends PluginsNow {
  readonly terminal: Terminal;
}

async function renewed(before: PluginCatalogue, now: Renewing, changes: PluginChange[]): Promise<PluginCatalogue> {
  const { known: earlier } = await readInstalled(before);
  const folders = earlier.map(({ folder }) => folder);
  const candidate = now.read({ earlier: folders });
  const { known, refused } = await readInstalled(candidate);
  const bad = [...refused, ...(await uncompilable(known, earlier))];
  const all = [...bad, ...emptied(earlier, [...known, ...bad])];
  const kept: KnownPlugin[] = [];
  for (const { folder, error } of all) {
    const old = await inPlaceOf(folder, earlier, now);
    changes.push({ change: 'refused', folder, error, ...(old === undefined ? {} : { kept: old.identity }) });
    if (old !== undefined) kept.push(old);
  }
  const next = all.length === 0 ? candidate : now.read({ earlier: folders, kept, refused: bad });
  changes.push(...changesBetween(earlier, (await readInstalled(next)).known));
  return next;
}

/** What is new has to compile before it takes the place of anything. */
async function uncompilable(
  known: readonly KnownPlugin[],
  earlier: readonly KnownPlugin[],
): Promise<readonly RefusedFolder[]> {
  const before = new Set(earlier.map(({ identity }) => identity.digest));
  const refused: RefusedFolder[] = [];
  for (const { identity, folder, code } of known) {
    if (before.has(identity.digest)) continue;
    try {
      await code();
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
      refused.push({ folder, error: cause.error });
    }
  }
  return refused;
}

/** Folders that are still there, and hold no plugin any more: who takes one away takes its folder away. */
function emptied(
  earlier: readonly KnownPlugin[],
  found: readonly { readonly folder: AbsolutePath }[],
): readonly RefusedFolder[] {
  const others = new Set<string>(found.map(({ folder }) => folder));
  return earlier
    .filter(({ folder }) => !others.has(folder) && lstatSync(folder, { throwIfNoEntry: false }) !== undefined)
    .map(({ folder }) => ({
      folder,
      error: {
        code: 'PLUGIN_INVALID',
        message: `${folder} holds no plugin.yaml any more`,
        remedy: 'Remove the folder, too, or put back what was in it.',
        file: folder,
      },
    }));
}

/** What goes on where something was refused: of what is installed exactly what was approved, else what lay there before. */
async function inPlaceOf(
  folder: AbsolutePath,
  earlier: readonly KnownPlugin[],
  { lockfile, folder: pluginFolder, terminal }: Renewing,
): Promise<KnownPlugin | undefined> {
  const refused = refusedByLockfile(lockfile, pluginFolder);
  const candidates = [earlier.find((plugin) => plugin.folder === folder), await asApproved(folder, lockfile, terminal)];
  return candidates.find((plugin) => plugin !== undefined && refused(plugin) === undefined);
}

/** What the lockfile approves of a folder, as a process before this one had it. */
async function asApproved(
  folder: AbsolutePath,
  { plugins }: Lockfile,
  terminal: Terminal,
): Promise<KnownPlugin | undefined> {
  const locked = plugins.find((each) => nameOf(each) === basename(folder));
  // A lockfile's digests are of that form.
  const files = locked === undefined ? undefined : await versionsOf(terminal)?.installed(locked.digest as Digest);
  if (files === undefined) return undefined;
  return await identifyFiles(files, folder, { origin: 'installed', eraseTypes: erasureFor(terminal) });
}

function changesBetween(before: readonly KnownPlugin[], now: readonly KnownPlugin[]): readonly PluginChange[] {
  const byName = (plugins: readonly KnownPlugin[]): ReadonlyMap<string, KnownPlugin> =>
    new Map(plugins.map((plugin) => [`${plugin.identity.name}@${plugin.identity.version}`, plugin]));
  const [old, current] = [byName(before), byName(now)];
  const come = [...current].flatMap(([key, plugin]): readonly PluginChange[] => {
    const known = old.get(key);
    const change = known === undefined ? 'loaded' : changeOf(known, plugin);
    return change === undefined ? [] : [{ change, plugin: plugin.identity }];
  });
  const gone = [...old].flatMap(([key, { identity }]): readonly PluginChange[] =>
    current.has(key) ? [] : [{ change: 'removed', plugin: identity }],
  );
  return [...come, ...gone];
}

function changeOf(before: KnownPlugin, now: KnownPlugin): 'changed' | 'approved' | 'unapproved' | undefined {
  if (before.identity.digest !== now.identity.digest) return 'changed';
  if (before.origin === now.origin) return undefined;
  return now.origin === 'approved' ? 'approved' : 'unapproved';
}
