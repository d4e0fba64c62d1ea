import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real file system of its own that is soon full, for tests; unmounted when disposed. */
export interface SmallDisk extends Disposable {
  readonly folder: string;
}

/** Mounts one; undefined where this process may not (only root may), and then tests that need it are skipped. */
export function mountSmallDisk({ bytes }: { readonly bytes: number }): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  return {
    folder,
    [Symbol.dispose]() {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
