import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { buildPlugin } from '../build-plugin.ts';
import { writeBuild } from '../write-build.ts';

/** Copies a folder of plugins, each that is for isolates as one that is built for WebAssembly. Gives the sizes of the modules by name. */
export async function buildForWasm(from: string, to: AbsolutePath): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of readdirSync(from).sort()) {
    // Below an absolute folder.
    const folder = join(to, name) as AbsolutePath;
    cpSync(join(from, name), folder, { recursive: true });
    const manifest = join(folder, 'plugin.yaml');
    const text = readFileSync(manifest, 'utf8');
    if (!/^runtime: isolate$/m.test(text)) continue;
    writeFileSync(manifest, text.replace(/^runtime: isolate$/m, 'runtime: wasm'));
    const { build, files } = await buildPlugin(folder, { env: process.env });
    writeBuild(folder, files);
    sizes.set(name, build.bytes.byteLength);
  }
  return sizes;
}
