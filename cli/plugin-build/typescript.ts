import { builtFiles } from '../../runtime/manifest/index.ts';
import { withMap } from '../../runtime/sandbox-host/author-places.ts';
import type { Build, Builder, PluginProject } from './builder.ts';
import { bundlePlugin } from './bundle.ts';

/** TypeScript and JavaScript for an isolate: one module, with what it imports from packages. */
export const isolateBuilder: Builder = {
  language: 'TypeScript',
  handles: ({ manifest, target }) => target === 'isolate' && isScript(manifest.main),
  build: buildForIsolate,
};

/** Whether the manifest's `main` is a source of this language. */
export function isScript(main: string): boolean {
  return /\.(?:ts|mts|js|mjs)$/.test(main);
}

async function buildForIsolate({ folder, manifest }: PluginProject): Promise<Build> {
  const bundle = await bundlePlugin({ folder, main: manifest.main, guestApi: 'external', form: 'module' });
  const { sources, warnings } = bundle;
  // In the file itself, so that it is there wherever the file goes.
  const code = withMap(bundle.code, bundle.sourceMap);
  return { output: builtFiles.isolate, bytes: Buffer.from(code), sources, warnings };
}
