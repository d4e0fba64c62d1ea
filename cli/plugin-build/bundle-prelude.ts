import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { polyfilledNames, polyfillsFor } from '../../runtime/guest/globals.ts';

/**
 * The prelude of a module (runtime/guest/module) as one script, an expression of a function of `natives`, with the polyfills that
 * the plugin's own script uses.
 */
export async function bundlePrelude(plugin: string): Promise<string> {
  const polyfills = polyfillsFor(await usedGlobals(plugin)).map(
    (name) => `${name}: () => ${readScript(`../../runtime/guest/polyfills/${name}.js`)}`,
  );
  return `(function (natives) { 'use strict'; const polyfills = {${polyfills.join(',\n')}}; return ${readScript('../../runtime/js-engine/generated/prelude.js')}(); })`;
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

/** An expression: what `npm run generate` made, so that a checkout and a package give the same bytes. */
function readScript(path: string): string {
  return readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8')
    .trimEnd()
    .replace(/;$/, '');
}
