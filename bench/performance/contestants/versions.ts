import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');

/** Of a package that is installed here. */
export function packageVersion(name: string): string {
  return versionIn(join(root, 'node_modules', name, 'package.json'));
}

/** Waterflow's own. */
export function ownVersion(): string {
  return versionIn(join(root, 'package.json'));
}

function versionIn(file: string): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version; // Every package has one.
}
