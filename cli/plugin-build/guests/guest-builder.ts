import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PluginFile, readPluginFolder } from '../../../runtime/manifest/index.ts';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { Build, Builder, PluginProject } from '../builder.ts';
import { finishedModule } from './module.ts';
import type { Environment } from './tools.ts';

/** A build by a language's own compiler. */
export interface Compilation {
  readonly folder: AbsolutePath;
  readonly env: Environment;
  /** Where the module goes. */
  readonly output: string;
}

/** A language whose compiler makes the module that the manifest names. */
export interface GuestLanguage {
  readonly language: string;
  /** A file in the plugin's folder that says that it is written in this language. */
  readonly isUsedIn: (folder: AbsolutePath) => boolean;
  /**
   * What of the folder the compiler may read, as paths, as far as that shows without it: rather a file too many, which costs a build, than one
   * whose change nobody would notice.
   */
  readonly sourcesIn: (files: readonly PluginFile[]) => readonly string[];
  /** Compiles to `output`. Throws WaterflowFailure BUILD_FAILED or TOOLCHAIN_MISSING. */
  readonly compile: (compilation: Compilation) => Promise<Compiled>;
}

/** What a compiler said. */
export interface Compiled {
  readonly warnings: readonly string[];
  /** Files of the plugin's folder that it says it read, as paths there; absent where it says nothing. */
  readonly read?: readonly string[];
}

/** A builder for a language: it compiles into a folder of its own, checks the module, and bounds its memory. */
export function guestBuilder(guest: GuestLanguage): Builder {
  return {
    language: guest.language,
    sourcesIn: guest.sourcesIn,
    handles: ({ folder, manifest, target }) =>
      target === 'wasm' && manifest.main.endsWith('.wasm') && guest.isUsedIn(folder),
    build: (project) => buildGuest(guest, project),
  };
}

async function buildGuest(guest: GuestLanguage, { folder, manifest, env }: PluginProject): Promise<Build> {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-build-'));
  try {
    const output = join(scratch, 'plugin.wasm');
    const { warnings, read = [] } = await guest.compile({ folder, env, output });
    const bytes = await finishedModule(new Uint8Array(readFileSync(output)), manifest);
    // As it is now: a compiler may have written a lock file.
    return { output: manifest.main, bytes, sources: sourcesOf(readPluginFolder(folder), guest, read), warnings };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Only what belongs to the plugin: where it is installed nothing else would be there to compare. */
function sourcesOf(
  files: readonly PluginFile[],
  { sourcesIn }: GuestLanguage,
  read: readonly string[],
): readonly string[] {
  const sources = new Set([...sourcesIn(files), ...read]);
  return files.map(({ path }) => path).filter((path) => sources.has(path));
}

/** Says yes to folders that have a file. */
export function withFile(path: string): (folder: AbsolutePath) => boolean {
  return (folder) => existsSync(join(folder, path));
}
