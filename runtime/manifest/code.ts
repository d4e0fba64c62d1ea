import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { PluginCode } from '../plugin.ts';
import type { EraseTypes } from '../typescript/erase-types.ts';
import { findBuilt, outdated, pathOfMain } from './built.ts';
import { type PluginFile, pluginInvalid } from './folder.ts';

/** One source file; types are stripped from it in the agent. */
export const maxSourceBytes: number = 2 * 1024 ** 2;

/** A plugin with a runtime of its own, so not a control node. */
export type RunnableManifest = PluginManifest & { readonly runtime: 'isolate' | 'wasm'; readonly main: string };

/**
 * The code of a plugin, found among its files and checked, but for what only a compiler sees. What is given makes it ready for a sandbox
 * host, once: it erases the types of what its author wrote. Both fail with WaterflowFailure PLUGIN_INVALID.
 */
export function pluginCode(
  manifest: RunnableManifest,
  files: readonly PluginFile[],
  eraseTypes: EraseTypes,
): () => Promise<PluginCode> {
  const main = pathOfMain(manifest.main);
  const built = findBuilt(files, manifest);
  const file = built ?? files.find(({ path }) => path === main);
  if (file === undefined) {
    const how = main.endsWith('.wasm') ? '; `waterflow plugin build` makes it of its source' : '';
    throw pluginInvalid('plugin.yaml', `main: there is no file \`${main}\` in the folder${how}`);
  }
  if (manifest.runtime === 'wasm') {
    if (built === undefined && !main.endsWith('.wasm')) throw outdated(main, 'no module was built of it yet');
    requireWasm(file);
    return ready({
      runtime: 'wasm',
      abi: manifest.abi ?? 'waterflow',
      entry: manifest.entry ?? 'run',
      config: { ...manifest.config },
      module: new Uint8Array(file.bytes),
    });
  }
  if (built !== undefined)
    return ready({ runtime: 'isolate', main: built.path, modules: { [built.path]: decode(built) } });
  const sources = textsOf(files);
  let made: Promise<PluginCode> | undefined;
  return () => {
    made ??= erased(sources, eraseTypes).then((modules) => Object.freeze({ runtime: 'isolate', main, modules }));
    return made;
  };
}

function ready(code: PluginCode): () => Promise<PluginCode> {
  const made = Promise.resolve(Object.freeze(code));
  return () => made;
}

/** The modules of a plugin as its author wrote them, in JavaScript with the same lines and columns, by their paths. Throws PLUGIN_INVALID. */
export async function sourcesOf(
  files: readonly PluginFile[],
  eraseTypes: EraseTypes,
): Promise<Readonly<Record<string, string>>> {
  return await erased(textsOf(files), eraseTypes);
}

/** What a source file says, by its path. */
type Texts = readonly (readonly [path: string, text: string])[];

function textsOf(files: readonly PluginFile[]): Texts {
  return files.filter(({ path }) => isSource(path)).map((file) => [file.path, textOf(file)] as const);
}

async function erased(texts: Texts, eraseTypes: EraseTypes): Promise<Readonly<Record<string, string>>> {
  const modules: [string, string][] = [];
  for (const [path, text] of texts) {
    modules.push([path, /\.m?ts$/.test(path) ? await withoutTypes(text, path, eraseTypes) : text]);
  }
  return Object.fromEntries(modules);
}

/** What could be imported. Declarations and tests never run. */
function isSource(path: string): boolean {
  return /\.(?:ts|mts|js|mjs)$/.test(path) && !/\.(?:d|test)\.m?ts$/.test(path);
}

function textOf(file: PluginFile): string {
  if (file.bytes.length <= maxSourceBytes) return decode(file);
  throw pluginInvalid(file.path, `a source file has at most ${maxSourceBytes} bytes`);
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
