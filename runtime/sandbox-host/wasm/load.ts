import { createRequire } from 'node:module';
import type { createPlugin as CreatePlugin } from '@extism/extism';

/** `\0asm`, version 1: the module with nothing in it. */
const emptyModule = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);

/**
 * Loads Extism's CommonJS bundle from `engine`. It touches the globals Response and fetch when it makes a plugin, which
 * would load all of Node's HTTP client (30 ms); they are replaced first. (Deleted first: defining them loads it, too.)
 */
export function loadExtism(engine: string): typeof CreatePlugin {
  Reflect.deleteProperty(globalThis, 'Response');
  Reflect.deleteProperty(globalThis, 'fetch');
  Object.assign(globalThis, {
    Response: class Response {
      readonly status = 0;
    },
    fetch: () => Promise.reject(new Error('a sandbox host has no network')),
  });
  return createRequire(engine)(engine).createPlugin;
}

/** Makes and drops one instance: what is set up only once is then part of the empty host's baseline. */
export async function warmUpExtism(createPlugin: typeof CreatePlugin): Promise<void> {
  const plugin = await createPlugin({ wasm: [{ module: await WebAssembly.compile(emptyModule) }] }, { config: {} });
  await plugin.close();
}
