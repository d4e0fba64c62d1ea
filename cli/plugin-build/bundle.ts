import { builtinModules } from 'node:module';
import { isAbsolute } from 'node:path';
import type { Message, Metafile, Plugin } from 'esbuild';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';
import { inOneLine, type Mistake } from './mistakes.ts';
import { ownImports, requireOwnImports, wrongPath } from './own-imports.ts';

/** One script made of a plugin's modules and what they import. */
export interface Bundle {
  readonly code: string;
  /** Its source map, as JSON text: places and names of files, no sources. */
  readonly sourceMap: string;
  /** The author's own files in it, as paths in the folder, sorted. */
  readonly sources: readonly string[];
  readonly warnings: readonly string[];
}

/** How to bundle. */
export interface BundleOptions {
  readonly folder: AbsolutePath;
  /** The main module, as a path in the folder. */
  readonly main: string;
  /** What `waterflow/plugin` is there: left to the isolate that has it, or the TypeScript to take in. */
  readonly guestApi: 'external' | { readonly source: string };
  /** The form of the result: a module, or an expression of a function whose result has the exports of the main module. */
  readonly form: 'module' | 'function';
  /** Whether what nothing uses stays in it; it is left out by default. */
  readonly whole?: boolean;
}

/** The name that a bundle goes by in stacks, and from which its source map leads to the author's files. */
export const bundleName = 'plugin.js';

/**
 * Bundles a plugin with esbuild: the same bytes for the same sources, wherever they lie and whatever settings lie around
 * them. Throws WaterflowFailure BUILD_FAILED.
 */
export async function bundlePlugin(options: BundleOptions): Promise<Bundle> {
  const { build } = await import('esbuild');
  const isFunction = options.form === 'function';
  try {
    const result = await build({
      absWorkingDir: options.folder,
      entryPoints: [`./${options.main}`],
      outfile: bundleName,
      write: false,
      bundle: true,
      metafile: true,
      sourcemap: 'external',
      sourcesContent: false,
      charset: 'utf8',
      target: 'es2023',
      treeShaking: options.whole !== true,
      platform: 'neutral',
      mainFields: ['module', 'main'],
      // A tsconfig.json of a folder above would change what comes out.
      tsconfigRaw: {},
      logLevel: 'silent',
      plugins: [guestApiPlugin(options.guestApi), ownImports(options.folder)],
      ...(isFunction
        ? {
            format: 'iife' as const,
            // Each byte of it is ten in the module. Names stay: they are in stacks.
            minifyWhitespace: true,
            minifySyntax: true,
            globalName: 'plugin',
            banner: { js: "(function () { 'use strict';" },
            footer: { js: 'return plugin; })' },
          }
        : { format: 'esm' as const }),
    });
    const sources = ownSources(result.metafile, options.folder);
    requireOwnImports(result.metafile, options.folder);
    const [sourceMap, code] = result.outputFiles;
    if (sourceMap === undefined || code === undefined) throw new Error('esbuild gave no output');
    return { code: code.text, sourceMap: sourceMap.text, sources, warnings: result.warnings.map(sentenceOf) };
  } catch (error) {
    throw error instanceof Error && 'errors' in error ? failureOf(error.errors, error) : error;
  }
}

function guestApiPlugin(guestApi: BundleOptions['guestApi']): Plugin {
  return {
    name: 'waterflow',
    setup: (build) => {
      build.onResolve({ filter: /^waterflow\/plugin$/ }, ({ path }) =>
        guestApi === 'external' ? { path, external: true } : { path, namespace: 'waterflow' },
      );
      build.onLoad({ filter: /^/, namespace: 'waterflow' }, () =>
        guestApi === 'external' ? undefined : { contents: guestApi.source, loader: 'ts' },
      );
      build.onResolve({ filter: /^(?:node:|bun:|https?:)/ }, ({ path }) => ({
        errors: [{ text: `a plugin has no ${path}` }],
      }));
    },
  };
}

/** Throws where a file lies neither in the folder nor in a package: it would be missing where the plugin is built again. */
function ownSources(metafile: Metafile, folder: AbsolutePath): readonly string[] {
  const own: string[] = [];
  for (const [path, input] of Object.entries(metafile.inputs)) {
    if (/(?:^|\/)node_modules\/|^waterflow:/.test(path)) continue;
    const imports = input.imports.find(({ path: each, original }) => original?.startsWith('.') && isOutside(each));
    if (imports !== undefined && !isOutside(path)) {
      throw new WaterflowFailure({
        code: 'BUILD_FAILED',
        message: `${path}: '${imports.original ?? imports.path}' lies outside of the plugin's folder`,
        remedy: 'Move it into the folder, or make a package of it and install that.',
        file: `${folder}/${path}`,
      });
    }
    if (!isOutside(path)) own.push(path);
  }
  return own.sort();
}

/** From the folder; packages of a workspace may lie above it. */
function isOutside(path: string): boolean {
  return (path.startsWith('../') || isAbsolute(path)) && !/(?:^|\/)node_modules\//.test(path);
}

function failureOf(errors: unknown, cause: Error): WaterflowFailure {
  // esbuild's BuildFailure has a list of messages by this name.
  const [first, ...others] = errors as readonly Message[];
  if (first === undefined) return new WaterflowFailure({ ...general, message: cause.message }, { cause });
  const message = inOneLine([mistakeOf(first), ...others.map(mistakeOf)]);
  return new WaterflowFailure({ ...general, message, remedy: remedyFor(first), ...placeOf(first) }, { cause });
}

const general = {
  code: 'BUILD_FAILED' as const,
  message: 'the plugin does not build',
  remedy: 'Correct that place, and build again.',
};

const relativePath = 'Correct the path; it is relative to the importing file, with its extension.';

function textOf({ text }: Message): string {
  return text.replace(/\s*\[plugin [^\]]*\]/g, '');
}

function mistakeOf(message: Message): Mistake {
  return { message: textOf(message), ...placeOf(message) };
}

function sentenceOf(message: Message): string {
  const { location } = message;
  const place = location === null ? '' : `${location.file}:${location.line}:${columnOf(location)}: `;
  return `${place}${textOf(message)}`;
}

function placeOf({ location }: Message): { readonly file?: string; readonly line?: number; readonly column?: number } {
  return location === null ? {} : { file: location.file, line: location.line, column: columnOf(location) };
}

/** From 1, in UTF-16 code units; esbuild counts bytes from 0. */
function columnOf({ lineText, column }: NonNullable<Message['location']>): number {
  return Buffer.from(lineText).subarray(0, column).toString().length + 1;
}

function remedyFor({ text, detail }: Message): string {
  if (detail === wrongPath) return relativePath;
  const missing = /(?:Could not resolve "([^"]+)"|a plugin has no (\S+))/.exec(text);
  const name = missing?.[1] ?? missing?.[2];
  if (name === undefined) {
    return text.startsWith('Top-level await')
      ? 'Await within the plugin function.'
      : 'Correct that place, and build again.';
  }
  if (name.startsWith('.')) return relativePath;
  const builtIn = name.replace(/^node:/, '');
  if (name !== builtIn || nodeModules.has(builtIn))
    return 'A plugin has no Node: read files with host.fs, make requests with host.net, run programs with host.exec.';
  return `Install it beside the plugin: npm install ${name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')}`;
}

const nodeModules: ReadonlySet<string> = new Set(builtinModules);
