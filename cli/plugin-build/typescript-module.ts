import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ScriptFailure } from '../../runtime/js-engine/build-engine.ts';
import { snapshot } from '../../runtime/js-engine/snapshot.ts';
import { builtFiles, moduleMemoryBytes } from '../../runtime/manifest/index.ts';
import { authorPlaces } from '../../runtime/sandbox-host/author-places.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { Build, Builder, PluginProject } from './builder.ts';
import { type Bundle, bundlePlugin } from './bundle.ts';
import { bundlePrelude } from './bundle-prelude.ts';
import { isScript } from './typescript.ts';

/** TypeScript and JavaScript for WebAssembly: one module, with an engine for them in it. */
export const moduleBuilder: Builder = {
  language: 'TypeScript for WebAssembly',
  handles: ({ manifest, target }) => target === 'wasm' && isScript(manifest.main),
  build: buildModule,
};

async function buildModule({ folder, manifest }: PluginProject): Promise<Build> {
  const guestApi = { source: read('../../runtime/js-engine/generated/guest-api.js').toString('utf8') };
  const bundle = await bundlePlugin({ folder, main: manifest.main, guestApi, form: 'function' });
  const prelude = await bundlePrelude(bundle.code);
  const { sources, warnings, sourceMap } = bundle;
  const engine = read('../../runtime/js-engine/engine.wasm');
  try {
    const bytes = snapshot({
      engine,
      prelude,
      plugin: bundle.code,
      sourceMap,
      memoryBytes: moduleMemoryBytes(manifest),
    });
    return { output: builtFiles.wasm, bytes, sources, warnings };
  } catch (error) {
    throw error instanceof ScriptFailure ? failureOf(error, bundle) : error;
  }
}

function read(path: string): Buffer {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)));
}

function failureOf(failure: ScriptFailure, { sourceMap }: Bundle): WaterflowFailure {
  const places = authorPlaces(() => sourceMap)(failure.places);
  const place = /([^\s()]+):(\d+):(\d+)\)?$/m.exec(places.replaceAll(/^.*<null>:.*$/gm, ''));
  const [, file, line, column] = place ?? [];
  return new WaterflowFailure(
    {
      code: 'BUILD_FAILED',
      message: `the plugin throws when it is loaded: ${failure.message}`,
      remedy:
        'What stands outside of the functions of a plugin runs once, while it is built. Correct that place, and build again.',
      ...(file === undefined ? {} : { file, line: Number(line), column: Number(column) }),
    },
    { cause: failure },
  );
}
