import { stripTypeScriptTypes } from 'node:module';
import type { PluginManifest } from '../../schemas/generated/manifest.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { PluginCode } from '../plugin.ts';
import { type PluginFile, pluginInvalid } from './folder.ts';

/** One source file; types are stripped from it in the agent. */
export const maxSourceBytes: number = 2 * 1024 ** 2;

/** A plugin with a runtime of its own, so not a control node. */
export type RunnableManifest = PluginManifest & { readonly runtime: 'isolate' | 'wasm'; readonly main: string };

/** The code of a plugin, read out of its files and ready for a sandbox host. Throws WaterflowFailure PLUGIN_INVALID. */
export function pluginCode(manifest: RunnableManifest, files: readonly PluginFile[]): PluginCode {
  const main = manifest.main
    .split('/')
    .filter((name) => name !== '.')
    .join('/');
  const file = files.find(({ path }) => path === main);
  if (file === undefined) throw pluginInvalid('plugin.yaml', `main: there is no file \`${main}\` in the folder`);
  if (manifest.runtime === 'wasm') {
    requireWasm(file);
    return {
      runtime: 'wasm',
      abi: manifest.abi ?? 'waterflow',
      entry: manifest.entry ?? 'run',
      config: { ...manifest.config },
      module: new Uint8Array(file.bytes),
    };
  }
  const sources = files.filter(({ path }) => isSource(path));
  return {
    runtime: 'isolate',
    main,
    modules: Object.fromEntries(sources.map((source) => [source.path, moduleOf(source)])),
  };
}

/** What could be imported. Declarations and tests never run. */
function isSource(path: string): boolean {
  return /\.(?:ts|mts|js|mjs)$/.test(path) && !/\.(?:d|test)\.m?ts$/.test(path);
}

function moduleOf(file: PluginFile): string {
  if (file.bytes.length > maxSourceBytes)
    throw pluginInvalid(file.path, `a source file has at most ${maxSourceBytes} bytes`);
  const source = decode(file);
  return /\.m?ts$/.test(file.path) ? stripTypes(source, file.path) : source;
}

function decode(file: PluginFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch (cause) {
    throw pluginInvalid(file.path, 'it is not UTF-8 text', cause);
  }
}

/** Blanks the types out, so that lines and columns of errors stay those of the source. */
function stripTypes(source: string, path: string): string {
  // Node 24 announces on each process's first use that this may change; that is not for a plugin's user to read.
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    // `:2` begins the stack; the error has no other trace of the line.
    const line = Number(/^[^\n]*:(\d+)/.exec(cause instanceof Error ? (cause.stack ?? '') : '')?.[1] ?? 1);
    throw new WaterflowFailure(
      {
        code: 'PLUGIN_INVALID',
        message: `${path}: ${message}`,
        remedy: 'Write TypeScript whose types can be erased: no enums, namespaces or parameter properties.',
        file: path,
        line,
        column: 1,
      },
      { cause },
    );
  } finally {
    process.emitWarning = emitWarning;
  }
}

function requireWasm(file: PluginFile): void {
  const isModule = file.bytes.subarray(0, 8).equals(Buffer.from([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
  if (!isModule) throw pluginInvalid(file.path, 'it is not a WebAssembly module (version 1)');
}
