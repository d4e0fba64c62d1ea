import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

const root = join(import.meta.dirname, '..');
/** What of the repository isn't source, or is never changed. */
const left = new Set(['node_modules', '.git', 'dist', 'coverage', 'docs', 'console', 'clients']);

/** A copy of the sources that may be changed; it is gone when it is disposed of. */
export interface SourceCopy extends Disposable {
  /** Its folder, in the place of the repository's. */
  readonly path: string;
}

/** Copies the sources; the dependencies stay where they are. */
export function copySources(): SourceCopy {
  const path = mkdtempSync(join(tmpdir(), 'waterflow-mutated-'));
  cpSync(root, path, { recursive: true, filter: (source) => !left.has(relative(root, source).split(sep)[0] ?? '') });
  symlinkSync(join(root, 'node_modules'), join(path, 'node_modules'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
