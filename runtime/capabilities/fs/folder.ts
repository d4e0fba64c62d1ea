import type { Stats } from 'node:fs';

/**
 * A folder of the workspace, held so that no other process can put another in its place between a check and a use. There
 * are two: by descriptor (Linux) and by path (elsewhere, where a swap is noticed but not always in time).
 */
export interface Folder extends Disposable {
  /** A path for `name` in this very folder, for system calls that don't follow a link at the last name. */
  at(name: string): string;
  /** This folder as a path, to list it. */
  readonly path: string;
  /** What has that name, or undefined. A symbolic link is an entry of its own, never what it points to. */
  entry(name: string): Entry | undefined;
}

/** Something in a folder. Nothing was opened for access yet, so a FIFO or a device didn't notice. */
export interface Entry extends Disposable {
  readonly stats: Stats;
  /** The entry as a folder, which from now on owns what the entry held. */
  intoFolder(): Folder;
  /** A descriptor with that access (O_RDONLY, ...) to exactly this inode; the caller closes it. */
  open(access: number): number;
}
