// `npm run generate`: bundles the polyfills of tools/polyfills into runtime/guest/polyfills, a script each, with the licences of what is in
// them; and what every module of TypeScript holds of runtime/guest into runtime/js-engine/generated. `--check` writes nothing and fails where something else lies there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'tools', 'polyfills');
const out = 'runtime/guest/polyfills';
const ofModules = 'runtime/js-engine/generated';
const licenceNames = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT.txt'];

const common = {
  absWorkingDir: root,
  write: false,
  minify: true,
  charset: 'utf8',
  legalComments: 'none',
  target: 'es2023',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  tsconfigRaw: {},
} satisfies BuildOptions;
/** By path in the repository. */
const files = new Map<string, string>();
const packages = new Set<string>();
for (const name of readdirSync(sources)
  .filter((each) => each.endsWith('.ts') && !each.endsWith('.d.ts'))
  .sort()) {
  const { outputFiles, metafile } = await build({
    ...common,
    entryPoints: [join(sources, name)],
    bundle: true,
    metafile: true,
    // `error.name` and the like.
    keepNames: true,
    format: 'iife',
    globalName: 'polyfill',
    banner: { js: "(() => { 'use strict';" },
    footer: { js: 'return polyfill; })()' },
  });
  files.set(`${out}/${basename(name, '.ts')}.js`, outputFiles[0]?.text ?? '');
  for (const path of Object.keys(metafile.inputs)) {
    const [, found] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (found !== undefined) packages.add(found);
  }
}
files.set(`${out}/LICENCES.txt`, [...packages].sort().map(licenceOf).join('\n'));

const prelude = await build({
  ...common,
  entryPoints: [join(root, 'runtime/guest/module/main.ts')],
  bundle: true,
  format: 'iife',
  globalName: 'prelude',
  banner: { js: '(function () {' },
  footer: { js: 'return prelude; })' },
});
files.set(`${ofModules}/prelude.js`, prelude.outputFiles[0]?.text ?? '');
const guestApi = await build({ ...common, entryPoints: [join(root, 'runtime/guest/index.ts')], format: 'esm' });
files.set(`${ofModules}/guest-api.js`, guestApi.outputFiles[0]?.text ?? '');

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name);
  const file = licenceNames.map((each) => join(folder, each)).find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${name} has no licence file that is known here`);
  return `${name}\n\n${readFileSync(file, 'utf8').trim()}\n`;
}

const stale = [...files].filter(([name, text]) => {
  const file = join(root, name);
  return !existsSync(file) || readFileSync(file, 'utf8') !== text;
});
if (!process.argv.includes('--check')) for (const [name, text] of stale) writeFileSync(join(root, name), text);
else if (stale.length > 0) {
  process.stderr.write(`error: ${stale.map(([name]) => name).join(', ')} are not current: run \`npm run generate\`\n`);
  process.exitCode = 1;
}
