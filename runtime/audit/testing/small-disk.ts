import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmdirSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';

/** A file system of its own, of a few MiB. */
export interface SmallDisk extends Disposable {
  readonly folder: AbsolutePath;
}

/** Whether a test may mount one; says on stderr why not. */
export function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-mount-'));
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
  if (status === 0) execFileSync('umount', [folder]);
  else
    process.stderr.write("skipped: a full disk can't be had here; to run these tests, be root where mount(8) works\n");
  rmdirSync(folder);
  return status === 0;
}

/** Mounts a tmpfs of this size (`2m`); it is gone with its content when the test lets go of it. */
export function smallDisk(size: string): SmallDisk {
  // mkdtemp below an absolute folder.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-disk-')) as AbsolutePath;
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  return {
    folder,
    [Symbol.dispose]() {
      execFileSync('umount', ['--lazy', folder]);
      rmdirSync(folder);
    },
  };
}

/** Leaves not a byte free: writes the file `ballast`. */
export function fillDisk(folder: string): void {
  const fd = openSync(join(folder, 'ballast'), 'w');
  try {
    for (let length = 64 * 1024; length >= 1; length = Math.floor(length / 2)) writeUntilFull(fd, length);
  } finally {
    closeSync(fd);
  }
}

function writeUntilFull(fd: number, length: number): void {
  try {
    while (writeSync(fd, Buffer.alloc(length)) > 0);
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOSPC')) throw cause;
  }
}
