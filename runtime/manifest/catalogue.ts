import { existsSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { didYouMean } from '../../dsl/did-you-mean.ts';
import type { NodeCatalogue, NodeDescription } from '../../dsl/api.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  assertNever,
  type Json,
  type PluginIdentity,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { LoadedPlugin, PluginSigner } from '../plugin.ts';
import type { EraseTypes } from '../typescript/erase-types.ts';
import { firstOf, loadPlugin, manifestFile } from './load.ts';
import { findShelved, missingReason, namesOf, nameTaken, withoutNames } from './lookup.ts';
import { describeNode, nodeCatalogue } from './nodes.ts';
import { readPluginManifest, readShelf, type Shelf, type ShelvedPlugin } from './shelf.ts';
import { parseUses } from './uses.ts';

/** Where plugins come from. */
export interface CatalogueOptions {
  /** The nodes that come with Waterflow. Their names can't be taken by others. */
  readonly builtIn: AbsolutePath;
  /** The agent's plugin folder. */
  readonly installed?: AbsolutePath;
  /** Plugins of that folder as they were loaded before, in the place of what lies in their own folders now: what that is was refused. */
  readonly kept?: readonly LoadedPlugin[];
  /** Whether someone approved this plugin; see {@link approvedBy}. */
  readonly approved?: (candidate: ApprovalCandidate) => boolean;
  /** Who signed this plugin. Those that come with Waterflow are signed by nobody. */
  readonly signers?: (candidate: ApprovalCandidate) => readonly PluginSigner[];
  /** How TypeScript becomes JavaScript. Default: Node's own way. */
  readonly eraseTypes?: EraseTypes;
}

/** What an approval may go by. */
export interface ApprovalCandidate {
  readonly uses: string;
  readonly folder: AbsolutePath;
  readonly identity: PluginIdentity;
  readonly manifest: PluginManifest;
}

/** The plugins that a machine has. What was loaded once stays as it was loaded. */
export interface PluginCatalogue {
  /** The plugin for `uses:`. Errors: PLUGIN_NOT_FOUND, PLUGIN_INVALID. `workflowFolder` is where `./folder` begins. */
  resolve(
    uses: string,
    workflowFolder: AbsolutePath | undefined,
  ): Promise<{ readonly plugin: LoadedPlugin } | { readonly error: WaterflowError }>;
  /** Only what describes it, for `uses:` as above; control nodes have that, too. Errors: PLUGIN_NOT_FOUND, PLUGIN_INVALID. */
  describe(
    uses: string,
    workflowFolder: AbsolutePath | undefined,
  ): Promise<{ readonly plugin: ShelvedPlugin } | { readonly error: WaterflowError }>;
  /** For the reader of a workflow file in this folder. */
  nodes(workflowFolder: AbsolutePath | undefined): NodeCatalogue;
  /** Names that no other plugin can have. */
  readonly builtInNames: ReadonlySet<string>;
  /** What both folders hold, every version of it, the built-in nodes first. */
  readonly listed: readonly ListedPlugin[];
  /** Folders that look like plugins and aren't, for doctor and listings. */
  readonly broken: Shelf['broken'];
}

/** A plugin for who only wants to know what there is. */
export interface ListedPlugin {
  readonly name: string;
  readonly version: string;
  readonly description: NodeDescription;
  /** What it requests, as its manifest says it. */
  readonly permissions: Json;
}

/** A plugin that is to be loaded, and what it is before anybody approves it. */
interface Found {
  readonly folder: AbsolutePath;
  readonly origin: 'built-in' | 'installed' | 'local';
  /** As it was read with all the others. Absent: it is read when it is asked for. */
  readonly manifest?: PluginManifest;
}

/** Reads the manifests of both folders; code is loaded when it is asked for. */
export function createPluginCatalogue(options: CatalogueOptions): PluginCatalogue {
  const builtIn = readShelf(options.builtIn);
  const kept = (options.kept ?? []).map((plugin) => asTrustedNow(plugin, options));
  const installed = withKept(
    options.installed === undefined ? { plugins: [], broken: [] } : readShelf(options.installed),
    kept,
  );
  const shelved = new Map<ShelvedPlugin, Found['origin']>([
    ...builtIn.plugins.map((plugin) => [plugin, 'built-in'] as const),
    ...withoutNames(installed.plugins, builtIn.plugins).map((plugin) => [plugin, 'installed'] as const),
  ]);
  const reserved = new Set(builtIn.plugins.map(({ manifest }) => manifest.name));
  const loaded = new Map<string, Promise<LoadedPlugin>>(
    kept.map((plugin) => [plugin.folder, Promise.resolve(plugin)] as const),
  );
  const load = (uses: string, found: Found): Promise<LoadedPlugin> => {
    let loading = loaded.get(found.folder);
    if (loading === undefined) {
      loading = loadPlugin(found.folder, {
        origin: (identity, manifest) =>
          found.origin !== 'built-in' && options.approved?.({ uses, folder: found.folder, identity, manifest }) === true
            ? 'approved'
            : found.origin,
        signers: (identity, manifest) =>
          found.origin === 'built-in'
            ? []
            : (options.signers?.({ uses, folder: found.folder, identity, manifest }) ?? []),
        ...(options.eraseTypes === undefined ? {} : { eraseTypes: options.eraseTypes }),
      }).then((plugin) =>
        plugin.origin === 'built-in' ? plugin : requireOwnName(requireSame(plugin, found), reserved),
      );
      loaded.set(found.folder, loading);
      // A plugin that is corrected is loaded again at its next step.
      loading.catch(() => loaded.delete(found.folder));
    }
    return loading;
  };
  const shelf: Shelf = { plugins: [...shelved.keys()], broken: [...builtIn.broken, ...installed.broken] };
  return {
    broken: shelf.broken,
    builtInNames: reserved,
    listed: shelf.plugins.map(({ manifest }) => listedAs(manifest, reserved)),
    nodes: (workflowFolder) => nodeCatalogue({ shelf, reserved, workflowFolder }),
    resolve: (uses, workflowFolder) =>
      orItsError(async () => {
        const located = await locate(uses, { shelf, shelved, workflowFolder, load });
        return 'error' in located ? located : { plugin: await load(uses, located.found) };
      }),
    describe: (uses, workflowFolder) =>
      orItsError(async () => {
        const located = await locate(uses, { shelf, shelved, workflowFolder, load });
        if ('error' in located) return located;
        const { folder, manifest } = located.found;
        if (manifest !== undefined) return { plugin: { folder, manifest } };
        const read = readPluginManifest(folder);
        return 'manifest' in read ? { plugin: { folder, manifest: read.manifest } } : { error: firstOf(read.errors) };
      }),
  };
}

/** An approval or a signature may have come or gone since it was loaded. */
function asTrustedNow(plugin: LoadedPlugin, options: CatalogueOptions): LoadedPlugin {
  const { signers: _before, ...rest } = plugin;
  const { identity, folder, manifest } = plugin;
  const candidate = { uses: `${identity.name}@${identity.version}`, folder, identity, manifest };
  const origin = options.approved?.(candidate) === true ? 'approved' : 'installed';
  const signers = options.signers?.(candidate) ?? [];
  return Object.freeze({ ...rest, origin, ...(signers.length === 0 ? {} : { signers }) });
}

/** What was refused isn't there, nor is it broken: what was there before is. */
function withKept({ plugins, broken }: Shelf, kept: readonly LoadedPlugin[]): Shelf {
  const folders = new Set<string>(kept.map(({ folder }) => folder));
  const isOther = ({ folder }: { readonly folder: AbsolutePath }): boolean => !folders.has(folder);
  return {
    plugins: [...plugins.filter(isOther), ...kept.map(({ folder, manifest }) => ({ folder, manifest }))],
    broken: broken.filter(isOther),
  };
}

/** A folder that was read as one plugin doesn't become another one under that plugin's name. */
function requireSame(plugin: LoadedPlugin, { manifest, folder }: Found): LoadedPlugin {
  const { name, version } = plugin.identity;
  if (manifest === undefined || (manifest.name === name && manifest.version === version)) return plugin;
  throw new WaterflowFailure({
    code: 'PLUGIN_MISSING',
    message: `${folder} held ${manifest.name}@${manifest.version} when it was read, and holds ${name}@${version} now`,
    remedy: 'Start a new run: it takes what is there now.',
  });
}

/** What is wrong with a plugin is an answer, too. */
async function orItsError<Answer>(find: () => Promise<Answer>): Promise<Answer | { readonly error: WaterflowError }> {
  try {
    return await find();
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return { error: cause.error };
    throw cause;
  }
}

/** A plugin by its manifest; `reserved` are the names of those that come with Waterflow. */
export function listedAs(manifest: PluginManifest, reserved: ReadonlySet<string>): ListedPlugin {
  return {
    name: manifest.name,
    version: manifest.version,
    description: describeNode(manifest, reserved),
    // Read from YAML and checked: JSON.
    permissions: (manifest.permissions ?? {}) as Json,
  };
}

function requireOwnName(plugin: LoadedPlugin, reserved: ReadonlySet<string>): LoadedPlugin {
  if (!reserved.has(plugin.identity.name)) return plugin;
  const file = join(plugin.folder, manifestFile);
  throw new WaterflowFailure({ code: 'PLUGIN_INVALID', ...nameTaken(plugin.identity.name), file });
}

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

interface Place {
  readonly shelf: Shelf;
  readonly shelved: ReadonlyMap<ShelvedPlugin, Found['origin']>;
  readonly workflowFolder: AbsolutePath | undefined;
  readonly load: (uses: string, found: Found) => Promise<LoadedPlugin>;
}

async function locate(
  text: string,
  place: Place,
): Promise<{ readonly found: Found } | { readonly error: WaterflowError }> {
  const uses = parseUses(text);
  const found = ({ folder, manifest }: ShelvedPlugin, origin: Found['origin']): { readonly found: Found } => ({
    found: { folder, origin, manifest },
  });
  switch (uses.kind) {
    case 'invalid':
      return { error: notFound(text, uses.why, 'Correct `uses:`.') };
    case 'folder': {
      if (place.workflowFolder === undefined) {
        return { error: notFound(text, 'there is no workflow file that it could lie beside', 'Install the plugin.') };
      }
      // join() of a normalized absolute path and names without `..` is one too.
      const folder = join(place.workflowFolder, uses.path) as AbsolutePath;
      if (existsSync(join(folder, manifestFile))) return { found: { folder, origin: 'local' } };
      return {
        error: notFound(
          text,
          `there is no ${manifestFile} in that folder`,
          'Correct the path: it counts from the workflow file.',
        ),
      };
    }
    case 'range':
    case 'version': {
      const plugin = findShelved(place.shelf.plugins, uses);
      const origin = plugin === undefined ? undefined : place.shelved.get(plugin);
      if (plugin !== undefined && origin !== undefined) return found(plugin, origin);
      return { error: missingPlugin(text, uses.name, place.shelf) };
    }
    case 'digest': {
      for (const [plugin, origin] of place.shelved) {
        if (plugin.manifest.name !== uses.name || plugin.manifest.runtime === 'control') continue;
        const loaded = await place.load(text, { folder: plugin.folder, origin, manifest: plugin.manifest });
        if (loaded.identity.digest === uses.digest) return found(plugin, origin);
      }
      return { error: missingPlugin(text, uses.name, place.shelf) };
    }
    default:
      return assertNever(uses);
  }
}

function missingPlugin(uses: string, name: string, shelf: Shelf): WaterflowError {
  const names = namesOf(shelf.plugins);
  const guess = didYouMean(uses, names) ?? names.find((known) => known.startsWith(`${name}@`));
  return notFound(
    uses,
    missingReason(name, shelf),
    guess === undefined ? `There are ${names.join(', ')}.` : `Did you mean \`${guess}\`?`,
  );
}

function notFound(uses: string, why: string, remedy: string): WaterflowError {
  return { code: 'PLUGIN_NOT_FOUND', message: `\`${uses}\`: ${why}`, remedy };
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
