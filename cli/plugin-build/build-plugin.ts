import { join } from 'node:path';
import {
  type BuildRecord,
  buildRecordFile,
  findBuilt,
  moduleMemoryBytes,
  outputOf,
  type PluginFile,
  pathOfMain,
  type RunnableManifest,
  readPluginFolder,
  readPluginManifest,
  sha256Of,
} from '../../runtime/manifest/index.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import type { Build, Builder, BuildTarget, PluginProject } from './builder.ts';
import { builders } from './builders.ts';
import { buildSettled, type SettledBuild } from './settled-build.ts';

/** A plugin that was built, and the files to write into its folder. */
export interface BuiltPlugin {
  readonly project: PluginProject;
  readonly language: string;
  readonly build: Build;
  /** By path in the folder. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What it is built for, if for another runtime than the manifest's, and where compilers are found. */
export interface BuildOptions extends Pick<PluginProject, 'env'> {
  readonly target?: BuildTarget;
}

/**
 * Builds the plugin in a folder, for what its manifest says or for `target`. Nothing is written. Throws WaterflowFailure: PLUGIN_INVALID
 * for its manifest or its folder, BUILD_FAILED for its source, TOOLCHAIN_MISSING for its compiler.
 */
export async function buildPlugin(folder: AbsolutePath, options: BuildOptions): Promise<BuiltPlugin> {
  const project = readProject(folder, options);
  const builder = builderOf(project);
  const settled = await buildSettled(builder, project);
  const { build } = settled;
  const files = new Map([
    [build.output, build.bytes],
    [buildRecordFile, recordOf(project, settled)],
  ]);
  return { project, language: builder.language, build, files };
}

/**
 * The sources that a plugin would be built of now, where they show without a compiler: what `findBuilt` compares with those of a build that is
 * there. None where nothing here builds it.
 */
export function sourcesNow(
  folder: AbsolutePath,
  { files, manifest }: { readonly files: readonly PluginFile[]; readonly manifest: RunnableManifest },
): readonly string[] {
  const project = { folder, manifest, target: manifest.runtime, env: {} };
  return builders.find(({ handles }) => handles(project))?.sourcesIn?.(files) ?? [];
}

/**
 * Throws PLUGIN_INVALID where a plugin's code was built of other sources than there are now, as loading it does; here also where one is new since.
 */
export function requireCurrentBuild({ folder, manifest }: Pick<LoadedPlugin, 'folder' | 'manifest'>): void {
  const { runtime, main } = manifest;
  // Those for an isolate are found by their imports: none comes in by being there.
  if (runtime !== 'wasm' || main === undefined) return;
  const files = readPluginFolder(folder);
  const wanted = { ...manifest, runtime, main: pathOfMain(main) };
  findBuilt(files, wanted, sourcesNow(folder, { files, manifest: wanted }));
}

/** Whether there is a builder for what the manifest says. Throws PLUGIN_INVALID. */
export function isBuildable(folder: AbsolutePath): boolean {
  const project = readProject(folder, { env: {} });
  return builders.some(({ handles }) => handles(project));
}

function readProject(folder: AbsolutePath, { target, env }: BuildOptions): PluginProject {
  const read = readPluginManifest(folder);
  if ('errors' in read) {
    const [error] = read.errors;
    throw error === undefined ? new Error('a manifest was refused without a reason') : new WaterflowFailure(error);
  }
  const { manifest } = read;
  const { runtime, main } = manifest;
  if (runtime === 'control' || main === undefined) {
    throw new WaterflowFailure({
      code: 'PLUGIN_INVALID',
      message: `${manifest.name} is carried out by the machine itself, so there is nothing to build`,
      remedy: 'Name the folder of a plugin with `runtime: isolate` or `runtime: wasm`.',
      file: join(folder, 'plugin.yaml'),
    });
  }
  const runnable: RunnableManifest = { ...manifest, runtime, main: pathOfMain(main) };
  return { folder, manifest: runnable, target: target ?? runtime, env };
}

function builderOf(project: PluginProject): Builder {
  const builder = builders.find(({ handles }) => handles(project));
  if (builder !== undefined) return builder;
  const languages = builders.map(({ language }) => language);
  throw new WaterflowFailure({
    code: 'BUILD_FAILED',
    message: `nothing here builds ${project.manifest.main} for ${project.target}`,
    remedy: `\`plugin build\` knows ${languages.join(', ')}; build others with their own tools.`,
    file: join(project.folder, 'plugin.yaml'),
  });
}

function recordOf({ manifest, target }: PluginProject, { build, digests }: SettledBuild): Uint8Array {
  const { main } = manifest;
  if (build.output !== outputOf({ target, main })) throw new TypeError(`a build of ${main} gave ${build.output}`);
  const record: BuildRecord = {
    version: 1,
    target,
    main,
    ...(target === 'wasm' ? { memory_bytes: moduleMemoryBytes(manifest) } : {}),
    sha256: sha256Of(build.bytes),
    sources: digests,
  };
  return Buffer.from(`${JSON.stringify(record, null, 2)}\n`);
}
