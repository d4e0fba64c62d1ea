import { copyFileSync, cpSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
/** Of the package; the launcher takes what is compiled only where there are no sources beside it. */
const folders = ['bin', 'dist', 'plugins', 'policies', 'schemas'] as const;

/** Lays out the built package, as it is installed, below `scratch`; the path of its launcher. Throws where it wasn't built. */
export function packageIn(scratch: string): string {
  if (!existsSync(join(root, 'dist', 'cli', 'main.js'))) throw new Error('dist/ is not built: run npm run build');
  const folder = join(scratch, 'package');
  mkdirSync(folder, { recursive: true });
  for (const name of folders)
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (file) => !/\/(release|node_modules)$/u.test(file),
    });
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return join(folder, 'bin', 'waterflow');
}
