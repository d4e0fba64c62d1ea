import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { Build, Builder, PluginProject } from '../builder.ts';
import { finishedModule } from './module.ts';
import { type Environment, sourcesIn } from './tools.ts';

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
  /** Of its source files. */
  readonly extensions: readonly string[];
  /** Compiles to `output`; gives the warnings. Throws WaterflowFailure BUILD_FAILED or TOOLCHAIN_MISSING. */
  readonly compile: (compilation: Compilation) => Promise<readonly string[]>;
}

/** A builder for a language: it compiles into a folder of its own, checks the module, and bounds its memory. */
export function guestBuilder(guest: GuestLanguage): Builder {
  return {
    language: guest.language,
    handles: ({ folder, manifest, target }) =>
      target === 'wasm' && manifest.main.endsWith('.wasm') && guest.isUsedIn(folder),
    build: (project) => buildGuest(guest, project),
  };
}

async function buildGuest(guest: GuestLanguage, { folder, manifest, env }: PluginProject): Promise<Build> {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-build-'));
  try {
    const output = join(scratch, 'plugin.wasm');
    const warnings = await guest.compile({ folder, env, output });
    const bytes = await finishedModule(new Uint8Array(readFileSync(output)), manifest);
    return { output: manifest.main, bytes, sources: sourcesIn(folder, guest.extensions), warnings };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Says yes to folders that have a file. */
export function withFile(path: string): (folder: AbsolutePath) => boolean {
  return (folder) => existsSync(join(folder, path));
}
