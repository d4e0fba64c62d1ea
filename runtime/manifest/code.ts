import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { PluginCode } from '../plugin.ts';
import type { EraseTypes } from '../typescript/erase-types.ts';
import { findBuilt, outdated } from './built.ts';
import { type PluginFile, pluginInvalid } from './folder.ts';

/** One source file; types are stripped from it in the agent. */
export const maxSourceBytes: number = 2 * 1024 ** 2;

/** A plugin with a runtime of its own, so not a control node. */
export type RunnableManifest = PluginManifest & { readonly runtime: 'isolate' | 'wasm'; readonly main: string };

/** A manifest's `main` as its file is called in the folder: without `./`. */
export function pathOfMain(main: string): string {
  return main
    .split('/')
    .filter((name) => name !== '.')
    .join('/');
}

/** The code of a plugin, read out of its files and ready for a sandbox host. Throws WaterflowFailure PLUGIN_INVALID. */
export async function pluginCode(
  manifest: RunnableManifest,
  files: readonly PluginFile[],
  eraseTypes: EraseTypes,
): Promise<PluginCode> {
  const main = pathOfMain(manifest.main);
  const built = findBuilt(files, { runtime: manifest.runtime, main });
  const file = built ?? files.find(({ path }) => path === main);
  if (file === undefined) {
    const how = main.endsWith('.wasm') ? '; `waterflow plugin build` makes it of its source' : '';
    throw pluginInvalid('plugin.yaml', `main: there is no file \`${main}\` in the folder${how}`);
  }
  if (manifest.runtime === 'wasm') {
    if (built === undefined && !main.endsWith('.wasm')) throw outdated(main, 'no module was built of it yet');
    requireWasm(file);
    return {
      runtime: 'wasm',
      abi: manifest.abi ?? 'waterflow',
      entry: manifest.entry ?? 'run',
      config: { ...manifest.config },
      module: new Uint8Array(file.bytes),
    };
  }
  if (built !== undefined) return { runtime: 'isolate', main: built.path, modules: { [built.path]: decode(built) } };
  return { runtime: 'isolate', main, modules: await sourcesOf(files, eraseTypes) };
}

/** The modules of a plugin as its author wrote them, in JavaScript with the same lines and columns, by their paths. Throws PLUGIN_INVALID. */
export async function sourcesOf(
  files: readonly PluginFile[],
  eraseTypes: EraseTypes,
): Promise<Readonly<Record<string, string>>> {
  const modules: [string, string][] = [];
  for (const source of files.filter(({ path }) => isSource(path))) {
    modules.push([source.path, await moduleOf(source, eraseTypes)]);
  }
  return Object.fromEntries(modules);
}

/** What could be imported. Declarations and tests never run. */
function isSource(path: string): boolean {
  return /\.(?:ts|mts|js|mjs)$/.test(path) && !/\.(?:d|test)\.m?ts$/.test(path);
}

async function moduleOf(file: PluginFile, eraseTypes: EraseTypes): Promise<string> {
  if (file.bytes.length > maxSourceBytes)
    throw pluginInvalid(file.path, `a source file has at most ${maxSourceBytes} bytes`);
  const source = decode(file);
  return /\.m?ts$/.test(file.path) ? withoutTypes(source, file.path, eraseTypes) : source;
}

function decode(file: PluginFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch (cause) {
    throw pluginInvalid(file.path, 'it is not UTF-8 text', cause);
  }
}

/** The JavaScript, in which lines and columns of errors are still those of the source. */
async function withoutTypes(source: string, path: string, eraseTypes: EraseTypes): Promise<string> {
  try {
    return await eraseTypes(source);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const unsupported = cause instanceof Error && 'code' in cause && cause.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
    throw new WaterflowFailure(
      {
        code: 'PLUGIN_INVALID',
        message: `${path}: ${message}`,
        remedy: unsupported
          ? 'Write TypeScript whose types can be erased: no enums, namespaces or parameter properties.'
          : 'Correct the syntax there.',
        file: path,
        ...placeOf(cause instanceof Error ? (cause.stack ?? '') : ''),
      },
      { cause },
    );
  }
}

/** The stack begins with `:2`, lines of the source and a line of carets; the error has no other trace of the place. */
function placeOf(stack: string): { readonly line: number; readonly column: number } {
  const line = Number(/^[^\n]*:(\d+)/.exec(stack)?.[1] ?? 1);
  const carets = /^( *)\^+$/m.exec(stack)?.[1];
  return { line, column: (carets?.length ?? 0) + 1 };
}

function requireWasm(file: PluginFile): void {
  const isModule = file.bytes.subarray(0, 8).equals(Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
  if (!isModule) throw pluginInvalid(file.path, 'it is not a WebAssembly module (version 1)');
}
