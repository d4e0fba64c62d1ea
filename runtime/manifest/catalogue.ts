import { join } from 'node:path';
import type { NodeCatalogue, NodeDescription } from '../../dsl/api.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import {
  type AbsolutePath,
  type Digest,
  type Json,
  type PluginIdentity,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { KnownPlugin, LoadedPlugin, PluginSigner } from '../plugin.ts';
import type { EraseTypes } from '../typescript/erase-types.ts';
import { firstOf, identifyPlugin, manifestFile, withCode } from './load.ts';
import { type Found, locate } from './locate.ts';
import { nameTaken, withoutNames } from './lookup.ts';
import { describeNode, nodeCatalogue } from './nodes.ts';
import {
  type RefusePlugin,
  readBuiltInShelf,
  readPluginManifest,
  readShelf,
  type Shelf,
  type ShelvedPlugin,
  shelvedAs,
  withKept,
  withoutRefused,
  withoutTwins,
} from './shelf.ts';

/** Where plugins come from. */
export interface CatalogueOptions {
  /** The nodes that come with Waterflow. Their names can't be taken by others. */
  readonly builtIn: AbsolutePath;
  /** The agent's plugin folder; one that isn't there holds nothing. */
  readonly installed?: AbsolutePath;
  /** Plugins of that folder as they were read before, in the place of what lies in their own folders now: what that is was refused. */
  readonly kept?: readonly KnownPlugin[];
  /** Folders from which something was taken before: of two that hold one version of a plugin, such a one goes on. */
  readonly earlier?: readonly AbsolutePath[];
  /** Whether a version of a plugin has one digest here, and no other bytes may lie under it. Absent: none has. */
  readonly locked?: (plugin: Pick<PluginManifest, 'name' | 'version'>) => boolean;
  /** What of the plugin folder isn't taken at all, whoever asks for it. */
  readonly refused?: RefusePlugin;
  /** Whether someone approved this plugin; see {@link approvedBy}. */
  readonly approved?: (candidate: ApprovalCandidate) => boolean;
  /** Who signed this plugin. Those that come with Waterflow are signed by nobody. */
  readonly signers?: (candidate: ApprovalCandidate) => readonly PluginSigner[];
  /** How TypeScript becomes JavaScript. Default: Node's own way. */
  readonly eraseTypes?: EraseTypes;
  /** Has the tarball of each plugin of the plugin folder that is read. */
  readonly onRead?: (digest: Digest, tarball: Uint8Array) => void;
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
  /** The same, read and hashed, and nothing of its code compiled. */
  identify(
    uses: string,
    workflowFolder: AbsolutePath | undefined,
  ): Promise<{ readonly plugin: KnownPlugin } | { readonly error: WaterflowError }>;
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
  /** What it may take at most, as far as its manifest says so. */
  readonly limits?: NonNullable<PluginManifest['limits']>;
}

/** Reads the manifests of the plugin folder; those of the built-in nodes, and what manifests describe, are read when they are asked for. */
export function createPluginCatalogue(options: CatalogueOptions): PluginCatalogue {
  const builtIn = readBuiltInShelf(options.builtIn);
  const kept = (options.kept ?? []).map((plugin) => asTrustedNow(plugin, options));
  const installed = installedShelf(options, kept);
  const shelved = new Map<ShelvedPlugin, Found['origin']>([
    ...builtIn.map((plugin) => [plugin, 'built-in'] as const),
    ...withoutNames(installed.plugins, builtIn).map((plugin) => [plugin, 'installed'] as const),
  ]);
  const reserved = new Set(builtIn.map(({ name }) => name));
  const searched = options.installed === undefined ? {} : { searched: options.installed };
  const shelf: Shelf = { ...searched, plugins: [...shelved.keys()], broken: installed.broken };
  const { identify, load } = createLoader(options, { kept, reserved });
  const known = async (
    uses: string,
    workflowFolder: AbsolutePath | undefined,
  ): Promise<{ readonly plugin: KnownPlugin } | { readonly error: WaterflowError }> => {
    const located = await locate(uses, { shelf, shelved, workflowFolder, identify });
    return 'error' in located ? located : { plugin: await identify(uses, located.found) };
  };
  let listed: readonly ListedPlugin[] | undefined;
  return {
    broken: shelf.broken,
    builtInNames: reserved,
    get listed() {
      listed ??= shelf.plugins.map(({ manifest }) => listedAs(manifest, reserved));
      return listed;
    },
    nodes: (workflowFolder) => {
      const { locked } = options;
      return nodeCatalogue({ shelf, reserved, workflowFolder, ...(locked === undefined ? {} : { locked }) });
    },
    identify: (uses, workflowFolder) => orItsError(() => known(uses, workflowFolder)),
    resolve: (uses, workflowFolder) =>
      orItsError(async () => {
        const found = await known(uses, workflowFolder);
        return 'error' in found ? found : { plugin: await load(found.plugin) };
      }),
    describe: (uses, workflowFolder) =>
      orItsError(async () => {
        const located = await locate(uses, { shelf, shelved, workflowFolder, identify });
        if ('error' in located) return located;
        const { folder, manifest } = located.found;
        if (manifest !== undefined) return { plugin: shelvedAs(folder, manifest) };
        const read = readPluginManifest(folder);
        return 'manifest' in read ? { plugin: shelvedAs(folder, read.manifest) } : { error: firstOf(read.errors) };
      }),
  };
}

/** What the plugin folder has that may be found. */
function installedShelf({ installed, refused, earlier }: CatalogueOptions, kept: readonly KnownPlugin[]): Shelf {
  const all = installed === undefined ? { plugins: [], broken: [] } : readShelf(installed);
  const notTaken: RefusePlugin = (plugin) => controlProblem(plugin) ?? refused?.(plugin);
  return withoutTwins(withKept(withoutRefused(all, notTaken), kept), earlier ?? []);
}

/** The machine knows its own control nodes alone. */
function controlProblem({ folder, manifest }: Pick<ShelvedPlugin, 'folder' | 'manifest'>): WaterflowError | undefined {
  if (manifest.runtime !== 'control') return undefined;
  return {
    code: 'PLUGIN_INVALID',
    message: `${folder}: \`runtime: control\` is for nodes that the machine carries out itself`,
    remedy: `Write \`runtime: isolate\` or \`runtime: wasm\` in its ${manifestFile}.`,
    file: join(folder, manifestFile),
  };
}

/** What was read once stays as it was read, and is made ready once. */
function createLoader(
  options: CatalogueOptions,
  { kept, reserved }: { readonly kept: readonly KnownPlugin[]; readonly reserved: ReadonlySet<string> },
) {
  const { approved, signers, refused, eraseTypes, onRead } = options;
  const known = new Map<string, Promise<KnownPlugin>>(
    kept.map((plugin) => [plugin.folder, Promise.resolve(plugin)] as const),
  );
  const ready = new WeakMap<KnownPlugin, Promise<LoadedPlugin>>();
  const read = async (uses: string, { folder, origin, manifest: expected }: Found): Promise<KnownPlugin> => {
    const plugin = await identifyPlugin(folder, {
      accept: (identity, manifest) => {
        const problem = origin === 'installed' ? refused?.({ folder, manifest, identity }) : undefined;
        if (problem !== undefined) throw new WaterflowFailure(problem);
      },
      origin: (identity, manifest) =>
        origin !== 'built-in' && approved?.({ uses, folder, identity, manifest }) === true ? 'approved' : origin,
      signers: (identity, manifest) =>
        origin === 'built-in' ? [] : (signers?.({ uses, folder, identity, manifest }) ?? []),
      ...(eraseTypes === undefined ? {} : { eraseTypes }),
      ...(onRead === undefined || origin !== 'installed' ? {} : { onRead }),
    });
    if (origin === 'built-in') return plugin;
    requireSame(plugin, { folder, origin, ...(expected === undefined ? {} : { manifest: expected }) });
    return requireOwnName(plugin, reserved);
  };
  const identify = (uses: string, found: Found): Promise<KnownPlugin> => {
    let reading = known.get(found.folder);
    if (reading === undefined) {
      reading = read(uses, found);
      known.set(found.folder, reading);
      // A plugin that is corrected is read again at its next step.
      reading.catch(() => known.delete(found.folder));
    }
    return reading;
  };
  const load = (plugin: KnownPlugin): Promise<LoadedPlugin> => {
    let loading = ready.get(plugin);
    if (loading === undefined) {
      loading = withCode(plugin);
      ready.set(plugin, loading);
      loading.catch(() => known.delete(plugin.folder));
    }
    return loading;
  };
  return { identify, load };
}

/** An approval or a signature may have come or gone since it was loaded. */
function asTrustedNow(plugin: KnownPlugin, options: CatalogueOptions): KnownPlugin {
  const { signers: _before, ...rest } = plugin;
  const { identity, folder, manifest } = plugin;
  const candidate = { uses: `${identity.name}@${identity.version}`, folder, identity, manifest };
  const origin = options.approved?.(candidate) === true ? 'approved' : 'installed';
  const signers = options.signers?.(candidate) ?? [];
  return Object.freeze({ ...rest, origin, ...(signers.length === 0 ? {} : { signers }) });
}

/** A folder that was read as one plugin doesn't become another one under that plugin's name. */
function requireSame(plugin: KnownPlugin, { manifest, folder }: Found): void {
  const { name, version } = plugin.identity;
  if (manifest === undefined || (manifest.name === name && manifest.version === version)) return;
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
    ...(manifest.limits === undefined ? {} : { limits: manifest.limits }),
  };
}

function requireOwnName(plugin: KnownPlugin, reserved: ReadonlySet<string>): KnownPlugin {
  if (!reserved.has(plugin.identity.name)) return plugin;
  const file = join(plugin.folder, manifestFile);
  throw new WaterflowFailure({ code: 'PLUGIN_INVALID', ...nameTaken(plugin.identity.name), file });
}
