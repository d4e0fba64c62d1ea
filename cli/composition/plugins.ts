import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
// Not by their index: what installs isn't loaded to run something.
import { approvedByLockfile, refusedByLockfile, signersByLockfile } from '../../runtime/install/approved.ts';
import { lockfileName, readLockfile } from '../../runtime/install/lockfile.ts';
import {
  approvedBy,
  type CatalogueOptions,
  createPluginCatalogue,
  type PluginCatalogue,
} from '../../runtime/manifest/index.ts';
import type { Lockfile } from '../../schemas/generated/lockfile.ts';
import { type AbsolutePath, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { reportError } from '../command.ts';
import { packageRoot } from '../package-root.ts';
import type { Terminal } from '../terminal.ts';
import { erasureFor } from './erasure.ts';
import { versionsOf } from './plugin-versions.ts';

const defaultPluginFolder = '/opt/waterflow/plugins';

/** Where the nodes lie that come with Waterflow: below the package's root, which is absolute. */
export const builtInPlugins: AbsolutePath = join(packageRoot(import.meta.url), 'plugins') as AbsolutePath;

/** The names of the nodes that come with Waterflow, without a look into any: each is its folder's. */
export function builtInNames(): readonly string[] {
  return readdirSync(builtInPlugins);
}

/** Catalogues of a command, by what is approved: the reader of a workflow and the agent then see the same manifests. */
const opened = new WeakMap<Terminal, Map<string, PluginCatalogue>>();

/** The nodes that ship with Waterflow and, where there is one, the machine's plugin folder (PLUGIN_DIR), read once. */
export function openPlugins(terminal: Terminal, approve: readonly string[]): PluginCatalogue {
  const catalogues = opened.get(terminal) ?? new Map<string, PluginCatalogue>();
  opened.set(terminal, catalogues);
  const key = JSON.stringify(approve);
  const catalogue = catalogues.get(key) ?? readPlugins(terminal, { approve, lockfile: lockfileOrNone(terminal) });
  catalogues.set(key, catalogue);
  return catalogue;
}

/** Has plugins be read anew by whoever opens them from now on: their folders have changed. */
export function forgetPlugins(terminal: Terminal): void {
  opened.delete(terminal);
}

/**
 * Has all catalogues that a command has opened so far become others at once; whoever holds an earlier one keeps what it had. Rejects with
 * LOCKFILE_INVALID, and nothing has changed then.
 */
export async function renewPlugins(
  terminal: Terminal,
  renew: (before: PluginCatalogue, now: PluginsNow) => Promise<PluginCatalogue>,
): Promise<void> {
  const catalogues = opened.get(terminal) ?? new Map<string, PluginCatalogue>();
  const folder = pluginFolder(terminal);
  const lockfile = lockfileIn(folder);
  const renewed = await Promise.all(
    [...catalogues].map(async ([key, before]) => {
      // The keys are made of such lists.
      const approve = JSON.parse(key) as readonly string[];
      const read: PluginsNow['read'] = (earlier) => readPlugins(terminal, { approve, lockfile, ...earlier });
      return [key, await renew(before, { folder, lockfile, read })] as const;
    }),
  );
  for (const [key, catalogue] of renewed) catalogues.set(key, catalogue);
}

/** `--dir`, else PLUGIN_DIR, else where a machine's plugins lie. */
export function pluginFolder({ cwd, env }: Pick<Terminal, 'cwd' | 'env'>, flag?: string): AbsolutePath {
  // resolve() gives an absolute, normalized path.
  return resolve(cwd, flag ?? env['PLUGIN_DIR'] ?? defaultPluginFolder) as AbsolutePath;
}

/** The plugin folder as it is now. */
export interface PluginsNow {
  readonly folder: AbsolutePath;
  readonly lockfile: Lockfile;
  readonly read: (known: KnownBefore) => PluginCatalogue;
}

/** What lies in a folder and isn't taken, and why. */
export interface RefusedFolder {
  readonly folder: AbsolutePath;
  readonly error: WaterflowError;
}

/** What is known of the plugin folder beforehand; `refused` were tried already. */
interface KnownBefore extends Pick<CatalogueOptions, 'kept' | 'earlier'> {
  readonly refused?: readonly RefusedFolder[];
}

interface ReadingOptions extends KnownBefore {
  readonly approve: readonly string[];
  readonly lockfile: Lockfile;
}

function readPlugins(
  terminal: Terminal,
  { approve, lockfile, refused = [], ...before }: ReadingOptions,
): PluginCatalogue {
  const folder = pluginFolder(terminal);
  const byWord = approvedBy(approve, terminal.cwd as AbsolutePath); // process.cwd() is absolute.
  const byLockfile = approvedByLockfile(lockfile, folder);
  const notTaken = refusedByLockfile(lockfile, folder);
  const tried = new Map<string, WaterflowError>(refused.map((each) => [each.folder, each.error]));
  return createPluginCatalogue({
    builtIn: builtInPlugins,
    installed: folder,
    ...before,
    eraseTypes: erasureFor(terminal),
    approved: (candidate) => byWord(candidate) || byLockfile(candidate),
    signers: signersByLockfile(lockfile, folder),
    locked: ({ name, version }) => lockfile.plugins.some((each) => each.name === name && each.version === version),
    onRead: (digest, tarball) => versionsOf(terminal)?.add(digest, tarball),
    refused: (candidate) => tried.get(candidate.folder) ?? notTaken(candidate),
  });
}

/** What is approved in the plugin folder; undefined where its lockfile can't be relied on, of which `unusable` is told. */
export function installedLockfile(
  terminal: Terminal,
  unusable: (error: WaterflowError) => void = () => {},
): Lockfile | undefined {
  try {
    return lockfileIn(pluginFolder(terminal));
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    unusable(cause.error);
    return undefined;
  }
}

/** What was approved when it was installed. A lockfile that can't be relied on approves nothing; the plugins are there all the same. */
function lockfileOrNone(terminal: Terminal): Lockfile {
  const found = installedLockfile(terminal, (error) => reportError(terminal, error, {}));
  return found ?? { version: 1, plugins: [] };
}

function lockfileIn(folder: AbsolutePath): Lockfile {
  // join() of an absolute path and a name is one too.
  return readLockfile(join(folder, lockfileName) as AbsolutePath);
}
