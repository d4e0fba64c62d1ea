// How the command is bundled for the package: Node takes longer to find, read and link a thousand small files than to run most commands.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Metafile, type Plugin } from 'esbuild';

/** Packages that stay outside: they have native code or programs, or find files of their own by their place. */
const outside = ['@extism/extism', '@temporalio/*', 'esbuild', 'isolated-vm', 'pg-native', 'ssh2'];

/** Stands where a package asks for its own place: a bundle has none of it. */
const noPlace = 'placeOfBundledPackage';

/** In front of each part, by names that nothing in it has: its address, and what CommonJS packages load Node's own modules by. */
const banner = [
  "import { createRequire as requireForBundle } from 'node:module';",
  'const partOfBundle = import.meta.url;',
  'const require = requireForBundle(partOfBundle);',
].join(' ');

/**
 * Bundles the compiled command of `dist` into `dist/bundle`: `main.js`, and a part for whatever is loaded only when it is needed. Each module still
 * finds what lies beside it where it was compiled to. The same sources give the same bytes, which name no place of this machine.
 * Throws where a bundled package looks for its own place, which it has none any more.
 */
export async function bundleCommand(root: string): Promise<void> {
  const dist = join(root, 'dist');
  const folder = join(dist, 'bundle');
  rmSync(folder, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(dist, 'cli', 'main.js')],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Its packages may be borrowed, by a link.
    preserveSymlinks: true,
    // Errors tell their kind by the name of their class.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    sourcemap: 'linked',
    sourcesContent: false,
    external: outside,
    define: { __dirname: noPlace, __filename: noPlace, 'import.meta': noPlace },
    banner: { js: banner },
    plugins: [compiledPlaces(dist), namedExports(root)],
  });
  for (const output of Object.keys(metafile.outputs)) requirePlaceless(join(root, output));
  writeFileSync(join(folder, 'licences.md'), licencesOf(root, packagesOf(metafile)));
}

/** Gives a module the address that it was compiled to, for whatever it finds by that. */
function compiledPlaces(dist: string): Plugin {
  return {
    name: 'compiled-places',
    setup(bundle) {
      bundle.onLoad({ filter: /\.js$/ }, ({ path }) => {
        const within = relative(dist, path);
        if (within.startsWith('..')) return undefined;
        const text = readFileSync(path, 'utf8');
        const url = `new URL(${JSON.stringify(`../${within}`)}, partOfBundle)`;
        const contents = text.replaceAll(/\bimport\.meta\.(\w+)/gu, (_, property: string) => placeOf(property, url));
        return contents === text ? undefined : { contents, loader: 'js' };
      });
    },
  };
}

function placeOf(property: string, url: string): string {
  switch (property) {
    case 'url':
      return `${url}.href`;
    case 'filename':
      return `decodeURIComponent(${url}.pathname)`;
    case 'main':
      // What is started by itself is started from where it was compiled to.
      return 'false';
    default:
      throw new Error(`import.meta.${property} is not known to the bundle: see tools/command-bundle.ts`);
  }
}

/** What asks esbuild for a package within {@link namedExports} is answered by esbuild itself. */
const askedAlready = 'asked already';

/**
 * Gives `import()` of a CommonJS package the names that Node gives it: esbuild would give such a part of the bundle a default export alone.
 */
function namedExports(root: string): Plugin {
  const namespace = 'named-exports';
  return {
    name: namespace,
    setup(bundle) {
      bundle.onResolve({ filter: /^[^./]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === askedAlready) return undefined;
        const found = await bundle.resolve(path, { kind, resolveDir, pluginData: askedAlready });
        return found.external || !isCommonJs(found.path) ? undefined : { path: relative(root, found.path), namespace };
      });
      bundle.onLoad({ filter: /./, namespace }, async ({ path: within }) => {
        const path = join(root, within);
        const names = Object.keys((await import(pathToFileURL(path).href)) as object); // Whatever a package exports.
        const named = names.filter((name) => name !== 'default' && /^[\w$]+$/u.test(name));
        const contents = [
          `const all = require(${JSON.stringify(path)});`,
          'export default all;',
          `export const { ${named.join(', ')} } = all;`,
        ].join('\n');
        return { contents, resolveDir: dirname(path), loader: 'js' };
      });
    },
  };
}

function isCommonJs(file: string): boolean {
  if (!file.endsWith('.js')) return file.endsWith('.cjs');
  const manifest = findPackageJSON(pathToFileURL(file));
  if (manifest === undefined) return true;
  const { type } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: string }; // npm's format.
  return type !== 'module';
}

/** The places of the packages that something was taken of, as `node_modules/koa`. */
function packagesOf({ inputs }: Metafile): readonly string[] {
  const places = Object.keys(inputs).flatMap(
    (input) => /^node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+(?=\/)/u.exec(input)?.[0] ?? [],
  );
  return [...new Set(places)].toSorted();
}

/** A package may ask whether it has a place, and do without. */
const asksForPlace = new RegExp(`(?<!typeof |typeof ${noPlace} !== "undefined" \\? )\\b${noPlace}\\b`, 'u');

function requirePlaceless(file: string): void {
  if (!asksForPlace.test(readFileSync(file, 'utf8'))) return;
  throw new Error(`a package in ${file} looks for its own place: take it out of the bundle (tools/command-bundle.ts)`);
}

/** Whose the bundled packages are: the licence files that came with them, or what their README says of it. Throws for a package with neither. */
function licencesOf(root: string, places: readonly string[]): string {
  const parts = places.map((place) => {
    const folder = join(root, place);
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
      readonly license?: string;
    }; // npm's format.
    const texts = readdirSync(folder)
      .filter((file) => /^(?:licen[cs]e|notice|copying|copyright)/iu.test(file))
      .toSorted()
      .map((file) => readFileSync(join(folder, file), 'utf8').trim());
    if (texts.length === 0) texts.push(...licenceInReadme(folder));
    if (texts.length === 0) throw new Error(`${place} comes without the text of its licence`);
    return [`## ${name} ${version}`, ...(license === undefined ? [] : [`Licence: ${license}`]), ...texts].join('\n\n');
  });
  return `# Packages in this bundle\n\n${parts.join('\n\n')}\n`;
}

/** The last part of a README, where that is about the licence. */
function licenceInReadme(folder: string): readonly string[] {
  const [file] = readdirSync(folder).filter((name) => /^readme/iu.test(name));
  if (file === undefined) return [];
  const text = readFileSync(join(folder, file), 'utf8');
  const [found] = /^#+ *licen[cs]e\b[^]*$/imu.exec(text) ?? [];
  return found === undefined ? [] : [found.replace(/^#+.*\n/u, '').trim()];
}
