import type { PluginFile, RunnableManifest } from '../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';

/** What a plugin is built for: the runtime that its code will be for. */
export type BuildTarget = 'isolate' | 'wasm';

/** A plugin's folder, whose manifest was read, and what its code is wanted for. */
export interface PluginProject {
  readonly folder: AbsolutePath;
  readonly manifest: RunnableManifest;
  readonly target: BuildTarget;
  /** Where compilers of other languages are found and run. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What a builder made. Nothing is written by it: `plugin build` writes, or compares. */
export interface Build {
  /** A path in the plugin's folder: what the loader takes. */
  readonly output: string;
  readonly bytes: Uint8Array;
  /**
   * The author's own files that the compiler may have read, as paths in the folder, sorted. Their digests go into the record of the build, and
   * the loader refuses it beside other ones.
   */
  readonly sources: readonly string[];
  /** What the author should know, though it stands in nothing's way. */
  readonly warnings: readonly string[];
}

/** Makes the code of plugins of one language. */
export interface Builder {
  /** The language, as messages name it. */
  readonly language: string;
  /** Whether a project is this builder's: the first of the table that says so builds it. */
  readonly handles: (project: PluginProject) => boolean;
  /**
   * The sources of a build that show without a compiler, as paths in the folder: by them a file that is new since is found. Left out where
   * only a source that changes can bring in another one: where each names the others by their paths.
   */
  readonly sourcesIn?: (files: readonly PluginFile[]) => readonly string[];
  /** Builds it. Throws WaterflowFailure BUILD_FAILED with the first place that is wrong, or TOOLCHAIN_MISSING. */
  readonly build: (project: PluginProject) => Promise<Build>;
}
