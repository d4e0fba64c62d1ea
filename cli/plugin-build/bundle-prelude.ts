import { readFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { polyfillsIn } from '../../runtime/guest/globals.ts';

let bundled: Promise<string> | undefined;

/**
 * The prelude of a module (runtime/guest/module) as one script, an expression of a function of `natives`, with the polyfills that
 * the plugin's own script mentions.
 */
export async function bundlePrelude(plugin: string): Promise<string> {
  bundled ??= bundle();
  const prelude = await bundled;
  const polyfills = polyfillsIn(plugin).map((name) => `${name}: () => ${readPolyfill(name)}`);
  return `(function (natives) { 'use strict'; const polyfills = {${polyfills.join(',\n')}}; return ${prelude.trimEnd()}(); })`;
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
