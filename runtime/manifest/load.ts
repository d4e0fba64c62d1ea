import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, type Digest, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import type { KnownPlugin, LoadedPlugin, PluginSigner } from '../plugin.ts';
import { type EraseTypes, eraseTypes } from '../typescript/erase-types.ts';
import { pluginCode, type RunnableManifest } from './code.ts';
import { type PluginFile, pluginInvalid, readPluginFolder } from './folder.ts';
import type { ReadManifest } from './read.ts';
import { readRemembered } from './remembered-manifest.ts';
import { digestOfTarball, packPlugin } from './tarball.ts';

/** The file that makes a folder a plugin. */
export const manifestFile = 'plugin.yaml';

/** How to load. `origin` may be decided once it is known what was loaded, e.g. by an approved digest. */
export interface LoadOptions {
  readonly origin:
    | LoadedPlugin['origin']
    | ((identity: LoadedPlugin['identity'], manifest: PluginManifest) => LoadedPlugin['origin']);
  /** Throws where what was read isn't taken. Asked before anything else is said of it: who must not run it isn't told how to mend it. */
  readonly accept?: (identity: LoadedPlugin['identity'], manifest: PluginManifest) => void;
  /** Who signed what was loaded. */
  readonly signers?: (identity: LoadedPlugin['identity'], manifest: PluginManifest) => readonly PluginSigner[];
  /** Default: Node's own way. */
  readonly eraseTypes?: EraseTypes;
  /** Has the tarball of what was read. */
  readonly onRead?: (digest: Digest, tarball: Uint8Array) => void;
}

/** Loads a plugin at once, its code as well: see {@link identifyPlugin}. */
export async function loadPlugin(folder: AbsolutePath, options: LoadOptions): Promise<LoadedPlugin> {
  return await withCode(await identifyPlugin(folder, options));
}

/** A plugin that is known, ready to be run. Rejects with WaterflowFailure PLUGIN_INVALID. */
export async function withCode(known: KnownPlugin): Promise<LoadedPlugin> {
  return Object.freeze({ ...known, code: await known.code() });
}

/**
 * Reads a plugin's folder once, checks its manifest, computes its digest and finds its code. Nothing of it is executed or compiled.
 * Later changes to the folder change nothing. Rejects with WaterflowFailure PLUGIN_INVALID.
 */
export async function identifyPlugin(folder: AbsolutePath, options: LoadOptions): Promise<KnownPlugin> {
  return await identifyFiles(readPluginFolder(folder), folder, options);
}

/** The same of files that were read already; `folder` is where they belong. */
export async function identifyFiles(
  files: readonly PluginFile[],
  folder: AbsolutePath,
  options: LoadOptions,
): Promise<KnownPlugin> {
  const { manifest: read, entry_lines } = manifestOf(folder, files);
  const manifest = deepFreeze(read);
  const tarball = await packPlugin(files);
  const digest = digestOfTarball(tarball);
  const identity = Object.freeze({ name: manifest.name, version: manifest.version, digest });
  options.accept?.(identity, manifest);
  const origin = typeof options.origin === 'function' ? options.origin(identity, manifest) : options.origin;
  if (!isRunnable(manifest)) {
    throw pluginInvalid(
      `${folder}/${manifestFile}`,
      '`runtime: control` is for nodes that the machine carries out itself',
    );
  }
  const code = pluginCode(manifest, files, options.eraseTypes ?? eraseTypes);
  const signers = options.signers?.(identity, manifest) ?? [];
  const signed = signers.length === 0 ? {} : { signers: deepFreeze(signers) };
  options.onRead?.(digest, tarball);
  return Object.freeze({ identity, manifest, folder, origin, code, entry_lines, ...signed });
}

function manifestOf(folder: AbsolutePath, files: readonly PluginFile[]): ReadManifest {
  const path = `${folder}/${manifestFile}`;
  const file = files.find((candidate) => candidate.path === manifestFile);
  if (file === undefined) throw pluginInvalid(folder, 'there is no plugin.yaml in the folder');
  const read = readRemembered(file.bytes.toString('utf8'), path);
  if ('manifest' in read) return read;
  throw new WaterflowFailure(firstOf(read.errors));
}

/** The first mistake of a manifest, which says how many more there are. */
export function firstOf(errors: readonly WaterflowError[]): WaterflowError {
  const [first, ...others] = errors;
  if (first === undefined) throw pluginInvalid(manifestFile, 'it was refused without a reason');
  const more = others.length === 0 ? '' : ` (and ${others.length} more problems in this file)`;
  return { ...first, message: `${first.message}${more}` };
}

function isRunnable(manifest: PluginManifest): manifest is RunnableManifest {
  return manifest.runtime !== 'control' && manifest.main !== undefined;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const item of Object.values(value)) deepFreeze(item);
  return Object.freeze(value);
}
