import { realpathSync, statSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { Metafile, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from 'esbuild';
import { type AbsolutePath, WaterflowFailure } from '../../schemas/index.ts';

/**
 * Lets a plugin's own modules import each other by the path of a file and by nothing else, as they do where they aren't built. What an import
 * means then depends on the importing file alone: a file that comes to lie beside it, or a package.json, changes nothing that the record of a
 * build wouldn't show.
 */
export function ownImports(folder: AbsolutePath): Plugin {
  // As esbuild names importers.
  const root = realpathSync(folder);
  return {
    name: 'own-imports',
    setup: (build) => {
      build.onResolve({ filter: /^[./#]/ }, (args) =>
        args.pluginData !== asUsual && isOwn(root, args) ? resolveOwn(build, args) : undefined,
      );
    },
  };
}

/**
 * Refuses what {@link ownImports} can't see: a name of a package that leads back into the folder, by a package.json, and a pattern of paths,
 * which takes in each file that comes to match it. Throws WaterflowFailure BUILD_FAILED.
 */
export function requireOwnImports({ inputs }: Metafile, folder: AbsolutePath): void {
  for (const [importer, { imports }] of Object.entries(inputs)) {
    if (!isOwnPath(importer)) continue;
    for (const { path, original, external } of imports) {
      const isPattern = external === true && path.startsWith('.');
      const isNamed =
        original !== undefined && !/^[./]/.test(original) && isOwnPath(path) && Object.hasOwn(inputs, path);
      if (!isPattern && !isNamed) continue;
      const name = original ?? path;
      throw new WaterflowFailure({
        code: 'BUILD_FAILED',
        message: isPattern
          ? `${importer}: '${name}' is no path of a file`
          : `${importer}: '${name}' is the plugin's own ${path}`,
        remedy: isPattern
          ? 'Import each file by its path, written out.'
          : 'Import it by its path, relative to the importing file.',
        file: join(folder, importer),
      });
    }
  }
}

/** Marks a question to esbuild itself. */
const asUsual = Symbol('as usual');

/** Whether a file of the plugin imports it, or esbuild begins with it. */
function isOwn(root: string, { importer, kind, namespace }: OnResolveArgs): boolean {
  return namespace === 'file' && (kind === 'entry-point' || isOwnPath(relative(root, importer).split(sep).join('/')));
}

/** A path from the folder: not above it, not in a package, not one of Waterflow's. */
function isOwnPath(path: string): boolean {
  return !/^\.\.\/|(?:^|\/)node_modules\/|^waterflow:/.test(path) && !isAbsolute(path);
}

async function resolveOwn(build: PluginBuild, args: OnResolveArgs): Promise<OnResolveResult | undefined> {
  const { path, resolveDir, importer, kind } = args;
  if (!path.startsWith('.')) return refusal(`'${path}' is no path relative to the importing file`);
  const named = join(resolveDir, path);
  if (statSync(named, { throwIfNoEntry: false })?.isFile() === true) return { path: named };
  const guessed = await build.resolve(path, { resolveDir, importer, kind, pluginData: asUsual });
  // Else esbuild says that there is none.
  if (guessed.errors.length > 0) return undefined;
  const meant = relative(resolveDir, guessed.path).split(sep).join('/');
  return refusal(`'${path}' is no file; './${meant}' is`.replace("'./../", "'../"));
}

function refusal(text: string): OnResolveResult {
  return { errors: [{ text, detail: wrongPath }] };
}

/** The `detail` of messages about the path of an import. */
export const wrongPath: unique symbol = Symbol('wrong path');
