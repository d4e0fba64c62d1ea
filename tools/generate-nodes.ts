// Writes docs/nodes/, a page for each node, from the manifests and READMEs in plugins/; with --check it only says whether they are current.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, pageOf } from '../cli/plugin-page/pages.ts';
import { readPluginManifest } from '../runtime/manifest/index.ts';
import type { AbsolutePath } from '../schemas/index.ts';

const root = join(import.meta.dirname, '..');
const target = join(root, 'docs/nodes');
const isCheck = process.argv.includes('--check');

const wanted = filesOf(readdirSync(join(root, 'plugins')).map(pageIn), target);
const present = existsSync(target) ? readdirSync(target) : [];
const stale = [
  ...present.filter((file) => !wanted.has(file)),
  ...[...wanted].flatMap(([file, text]) => (present.includes(file) && current(file) === text ? [] : [file])),
];
if (isCheck && stale.length > 0) {
  process.stderr.write(`docs/nodes/ is not current (${stale.join(', ')}): run npm run generate\n`);
  process.exitCode = 1;
}
if (!isCheck) {
  mkdirSync(target, { recursive: true });
  for (const file of stale) {
    const text = wanted.get(file);
    if (text === undefined) rmSync(join(target, file));
    else writeFileSync(join(target, file), text);
  }
}

function current(file: string): string {
  return readFileSync(join(target, file), 'utf8');
}

function pageIn(name: string): ReturnType<typeof pageOf> {
  const folder = join(root, 'plugins', name) as AbsolutePath; // Below the repository, whose path is absolute.
  const read = readPluginManifest(folder);
  if ('errors' in read) throw new Error(read.errors.map(({ message }) => message).join('; '));
  return pageOf(read.manifest, folder);
}
