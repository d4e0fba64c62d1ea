import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AbsolutePath } from '../schemas/index.ts';

/** The folder that holds plugins/, policies/ and package.json: the checkout, or the installed package above its dist/. */
export function packageRoot(moduleUrl: string): AbsolutePath {
  let folder = dirname(fileURLToPath(moduleUrl));
  while (!(existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'policies')))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json with policies/ beside it above ${moduleUrl}`);
    folder = parent;
  }
  // fileURLToPath and dirname of an absolute path are absolute and normalized.
  return folder as AbsolutePath;
}

/** The package's version, as package.json says. */
export function packageVersion(moduleUrl: string): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot(moduleUrl), 'package.json'), 'utf8'));
  const { version } = content as { readonly version: string }; // Our own package.json, which npm requires to have a version.
  return version;
}
