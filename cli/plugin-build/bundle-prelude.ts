import { readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { polyfilledNames, polyfillsFor } from '../../runtime/guest/globals.ts';

let bundled: Promise<string> | undefined;

/**
 * The prelude of a module (runtime/guest/module) as one script, an expression of a function of `natives`, with the polyfills that
 * the plugin's own script uses.
 */
export async function bundlePrelude(plugin: string): Promise<string> {
  bundled ??= bundle();
  const prelude = await bundled;
  const polyfills = polyfillsFor(await usedGlobals(plugin)).map((name) => `${name}: () => ${readPolyfill(name)}`);
  return `(function (natives) { 'use strict'; const polyfills = {${polyfills.join(',\n')}}; return ${prelude.trimEnd()}(); })`;
}

/** The globals that a script uses, of those for which there is something to load; not what it only calls by such a name. */
async function usedGlobals(script: string): Promise<ReadonlySet<string>> {
  const { transform } = await import('esbuild');
  const names = [...polyfilledNames(), 'crypto'];
  const marked = (name: string): string => `waterflow$${name}$used`;
  const defined = names.flatMap((name) =>
    ['', 'globalThis.', 'self.'].map((object) => [`${object}${name}`, marked(name)] as const),
  );
  // esbuild knows which of these names are bound in the script: it replaces the others.
  const { code } = await transform(script, {
    define: Object.fromEntries(defined),
    logLevel: 'silent',
  });
  return new Set(names.filter((name) => code.includes(marked(name))));
}

function readPolyfill(name: string): string {
  const file = fileURLToPath(new URL(`../../runtime/guest/polyfills/${name}.js`, import.meta.url));
  return readFileSync(file, 'utf8').trimEnd().replace(/;$/, '');
}

async function bundle(): Promise<string> {
  const { build } = await import('esbuild');
  // In the same form as this file: TypeScript in the repository, JavaScript in a package.
  const main = fileURLToPath(new URL(`../../runtime/guest/module/main${extname(import.meta.url)}`, import.meta.url));
  const { outputFiles } = await build({
    absWorkingDir: dirname(main),
    entryPoints: [main],
    write: false,
    bundle: true,
    minify: true,
    charset: 'utf8',
    target: 'es2023',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    tsconfigRaw: {},
    logLevel: 'silent',
    format: 'iife',
    globalName: 'prelude',
    banner: { js: '(function () {' },
    footer: { js: 'return prelude; })' },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild gave no output');
  return output.text;
}
