import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { inFileOrder, readYamlDocument, type YamlDocument } from '../../runtime/documents/yaml-document.ts';
import {
  findBuilt,
  pathOfMain,
  type PluginFile,
  type RunnableManifest,
  readManifest,
  readPluginFolder,
  sourcesOf,
} from '../../runtime/manifest/index.ts';
import { lintManifest, lintSources, missingInModules, type PluginSources } from '../../runtime/plugin-lint/index.ts';
import { eraseTypes } from '../../runtime/typescript/erase-types.ts';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { type AbsolutePath, type Diagnostic, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { staleTypes } from '../plugin-types/type-files.ts';
import { type CheckedCode, checkCode } from './check-code.ts';
import { templateText } from './template-text.ts';

/** A plugin's folder with what is wrong in it. */
export interface CheckedPlugin {
  readonly diagnostics: readonly Diagnostic[];
  /** The text of each file that one of these may be about, by its shown name. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whether the manifest could be read, so that all else was looked at. */
  readonly isManifest: boolean;
}

/** What a check goes by. */
export interface CheckPowers {
  /** Where the command was given: paths are shown from there. */
  readonly cwd: string;
  /** Names of the nodes that come with Waterflow. */
  readonly builtInNames: ReadonlySet<string>;
  /** Where those lie: a plugin in it is one of them. */
  readonly builtInFolder: AbsolutePath;
  /** Where the templates of `plugin new` lie. */
  readonly templatesFolder: AbsolutePath;
  readonly globals: ReadonlySet<string>;
  /** Entries that calls of the plugin's cases needed; undefined where there are no cases, or they weren't run. */
  readonly needed: ReadonlySet<string> | undefined;
}

/** Looks at a plugin's manifest and sources; nothing of it is run. */
export async function checkPluginFolder(folder: AbsolutePath, powers: CheckPowers): Promise<CheckedPlugin> {
  const shown = (path: string): string => {
    const below = relative(powers.cwd, join(folder, path));
    return below.startsWith('..') ? join(folder, path) : below;
  };
  const files = readPluginFolder(folder);
  const texts = new Map(files.filter(isText).map(({ path, bytes }) => [shown(path), bytes.toString('utf8')]));
  const manifestName = shown('plugin.yaml');
  const text = texts.get(manifestName) ?? '';
  const read = readManifest(text, manifestName);
  if ('errors' in read) return { diagnostics: read.errors.map(asError), texts, isManifest: false };
  const document = readYamlDocument(text, { file: manifestName, code: 'PLUGIN_INVALID' });
  if ('errors' in document) throw new TypeError('a manifest was read from a text that is none');
  const { manifest } = read;
  const isBuiltIn = relative(powers.builtInFolder, folder) === manifest.name;
  const sources = await readSources(folder, { files, manifest, shown });
  if ('error' in sources) return { diagnostics: [asError(sources.error)], texts, isManifest: true };
  const linted =
    sources.found === undefined
      ? undefined
      : lintSources(sources.found, { manifest, globals: globalsOf(manifest, powers.globals) });
  const ofManifest = lintManifest(manifest, {
    document: document.document,
    hasReadme: files.some(({ path }) => path === 'README.md'),
    isBuiltIn,
    reached: linted?.reached,
    needed: powers.needed,
  });
  const taken =
    isBuiltIn || !powers.builtInNames.has(manifest.name)
      ? []
      : [
          asError(
            document.document.error(
              { path: ['name'], part: 'value' },
              {
                message: `\`${manifest.name}\` is the name of a node that comes with Waterflow`,
                remedy: 'Give the plugin another `name`.',
              },
            ),
          ),
        ];
  const ofCode = isRunnable(manifest)
    ? await checkCode({ folder, files, manifest, document: document.document, shown, name: shown('.') || '.' })
    : [];
  const ofTypes = outdatedTypes(folder, { manifest, document: document.document, name: shown('.') || '.' });
  // Sorting keeps each what it was.
  const inManifest = inFileOrder([...taken, ...ofManifest, ...ofCode, ...ofTypes]) as readonly Diagnostic[];
  const ofTemplate = templateText({ files, manifest, shown }, powers.templatesFolder);
  return { diagnostics: [...inManifest, ...(linted?.findings ?? []), ...ofTemplate], texts, isManifest: true };
}

/** Those of an isolate, less what a module lacks where the plugin is to be one. */
function globalsOf({ runtime }: PluginManifest, globals: ReadonlySet<string>): ReadonlySet<string> {
  return runtime === 'wasm' ? globals.difference(new Set(missingInModules)) : globals;
}

/** Nobody wrote them, so the manifest is where they are told of. */
function outdatedTypes(
  folder: AbsolutePath,
  {
    manifest,
    document,
    name,
  }: { readonly manifest: PluginManifest; readonly document: YamlDocument; readonly name: string },
): readonly Diagnostic[] {
  const stale = staleTypes(folder, manifest);
  if (stale.length === 0) return [];
  const problem = {
    message: `${stale.join(', ')}: not what plugin.yaml says, so the compiler goes by what was there before`,
    remedy: `Run \`waterflow plugin types ${name}\`.`,
  };
  const error = document.error({ path: ['name'], part: 'value' }, problem);
  return [{ ...error, code: 'PLUGIN_TYPES_STALE', severity: 'warning' }];
}

function isRunnable(manifest: PluginManifest): manifest is RunnableManifest {
  return manifest.runtime !== 'control' && manifest.main !== undefined;
}

function asError(error: WaterflowError): Diagnostic {
  return { ...error, severity: 'error' };
}

function isText({ path }: PluginFile): boolean {
  return /\.(?:ya?ml|md|ts|mts|js|mjs)$/u.test(path);
}

/** The modules of a plugin that is written in TypeScript or JavaScript; `found` is undefined for any other, and where its main one is missing. */
async function readSources(
  folder: AbsolutePath,
  { files, manifest, shown }: Pick<CheckedCode, 'files' | 'shown'> & { readonly manifest: PluginManifest },
): Promise<{ readonly found: PluginSources | undefined } | { readonly error: WaterflowError }> {
  const { main } = manifest;
  if (main === undefined || !/\.(?:ts|mts|js|mjs)$/u.test(main)) return { found: undefined };
  try {
    const modules = await sourcesOf(files, eraseTypes);
    const path = pathOfMain(main);
    // What isn't there says nothing about what is needed.
    if (!Object.hasOwn(modules, path)) return { found: undefined };
    const isBundled = bundledIn(folder, files, manifest);
    return { found: { main: path, modules, isBundled, shown } };
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    const { file } = cause.error;
    return { error: { ...cause.error, ...(file === undefined ? {} : { file: shown(file) }) } };
  }
}

/** Of a build that is current, each import is a part; of one that has to be made, what is installed will be. An isolate that has none takes none. */
function bundledIn(
  folder: AbsolutePath,
  files: readonly PluginFile[],
  manifest: PluginManifest,
): PluginSources['isBundled'] {
  if (!isRunnable(manifest)) return () => false;
  const isInstalled = (name: string): boolean => isInstalledFor(folder, name);
  try {
    if (findBuilt(files, manifest) !== undefined) return () => true;
    return manifest.runtime === 'wasm' ? isInstalled : () => false;
  } catch (cause) {
    if (!(cause instanceof WaterflowFailure)) throw cause;
    return isInstalled;
  }
}

/** As `plugin build` finds it: in the `node_modules` of the folder, or of one above. */
function isInstalledFor(folder: string, name: string): boolean {
  const parts = name.split('/').slice(0, name.startsWith('@') ? 2 : 1);
  if (existsSync(join(folder, 'node_modules', ...parts))) return true;
  return dirname(folder) !== folder && isInstalledFor(dirname(folder), name);
}
