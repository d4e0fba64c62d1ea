// `npm run generate`: bundles the polyfills of tools/polyfills into runtime/guest/polyfills, a script each, with the licences of what is in
// them. `--check` writes nothing and fails where something else lies there.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const sources = join(root, 'tools', 'polyfills');
const out = join(root, 'runtime', 'guest', 'polyfills');
const licenceNames = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'LICENSE-MIT.txt'];

const files = new Map<string, string>();
const packages = new Set<string>();
for (const name of readdirSync(sources)
  .filter((each) => each.endsWith('.ts') && !each.endsWith('.d.ts'))
  .sort()) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [join(sources, name)],
    write: false,
    bundle: true,
    metafile: true,
    minify: true,
    // `error.name` and the like.
    keepNames: true,
    charset: 'utf8',
    legalComments: 'none',
    target: 'es2023',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    tsconfigRaw: {},
    format: 'iife',
    globalName: 'polyfill',
    banner: { js: "(() => { 'use strict';" },
    footer: { js: 'return polyfill; })()' },
  });
  files.set(`${basename(name, '.ts')}.js`, outputFiles[0]?.text ?? '');
  for (const path of Object.keys(metafile.inputs)) {
    const [, found] = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (found !== undefined) packages.add(found);
  }
}
files.set('LICENCES.txt', [...packages].sort().map(licenceOf).join('\n'));

function licenceOf(name: string): string {
  const folder = join(root, 'node_modules', name);
  const file = licenceNames.map((each) => join(folder, each)).find((each) => existsSync(each));
  if (file === undefined) throw new Error(`${name} has no licence file that is known here`);
  return `${name}\n\n${readFileSync(file, 'utf8').trim()}\n`;
}

const stale = [...files].filter(([name, text]) => {
  const file = join(out, name);
  return !existsSync(file) || readFileSync(file, 'utf8') !== text;
});
if (!process.argv.includes('--check')) for (const [name, text] of stale) writeFileSync(join(out, name), text);
else if (stale.length > 0) {
  process.stderr.write(`error: ${stale.map(([name]) => name).join(', ')} in ${out}: run \`npm run generate\`\n`);
  process.exitCode = 1;
}
