import { dirname, extname } from 'node:path';
import { fileURLToPath } from 'node:url';

let bundled: Promise<string> | undefined;

/** The prelude of a module (runtime/guest/module) as one script: an expression of a function of `natives`. Made once in a process. */
export function bundlePrelude(): Promise<string> {
  bundled ??= bundle();
  return bundled;
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
    banner: { js: "(function (natives) { 'use strict';" },
    footer: { js: 'return prelude; })' },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error('esbuild gave no output');
  return output.text;
}
