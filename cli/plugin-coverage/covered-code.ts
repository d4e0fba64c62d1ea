import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoadedPlugin, PluginCode } from '../../runtime/plugin.ts';
import { usageError } from '../command.ts';
import { bundleName, bundlePlugin } from '../plugin-build/bundle.ts';
import { isScript } from '../plugin-build/typescript.ts';

/** A plugin's source as one script for an isolate, and what leads from it to the author's files. */
export interface CoveredCode {
  readonly code: Extract<PluginCode, { readonly runtime: 'isolate' }>;
  readonly script: string;
  /** As JSON text, with the texts of the sources. */
  readonly sourceMap: string;
  /** The author's own files in it. */
  readonly sources: ReadonlySet<string>;
}

/**
 * What is run in the place of a plugin whose coverage is asked for. Of its sources as they are, so that no build of an earlier state is measured, and for an
 * isolate, where V8 counts, whichever the plugin's own runtime is. Throws USAGE and BUILD_FAILED.
 */
export async function coveredCode({ manifest, folder }: LoadedPlugin): Promise<CoveredCode> {
  const { main } = manifest;
  if (main === undefined || !isScript(main)) {
    throw usageError(
      'coverage is counted of plugins in TypeScript and JavaScript alone',
      "Leave --coverage out, and use the coverage of the language's own tests.",
    );
  }
  const bundle = await bundlePlugin({ folder, main, guestApi: 'external', form: 'module', whole: true });
  // The bundler's own.
  const map = JSON.parse(bundle.sourceMap) as { readonly sources: readonly string[] };
  const own = new Set(bundle.sources);
  const sourcesContent = map.sources.map((path) => (own.has(path) ? readFileSync(join(folder, path), 'utf8') : ''));
  return {
    code: { runtime: 'isolate', main: bundleName, modules: { [bundleName]: bundle.code } },
    script: bundle.code,
    sourceMap: JSON.stringify({ ...map, sourcesContent }),
    sources: own,
  };
}
