import { closeSync, fdatasync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Recovered } from './recover.ts';
import { Reserve } from './reserve.ts';
import { isNoRoom, noRoom } from './room.ts';
import { segmentFile } from './segments.ts';

/** The files that a log is written to: one after the other, and the reserve beside them. */
export class LogFiles {
  readonly #auditFile: string;
  readonly #reserve: Reserve;
  #fd: number;
  #segment: number;
  #bytes: number;
  #syncing: Promise<void> | undefined;

  constructor(auditFile: string, at: Pick<Recovered, 'file' | 'segment' | 'bytes'>) {
    this.#auditFile = auditFile;
    this.#segment = at.segment;
    this.#bytes = at.bytes;
    this.#reserve = new Reserve(auditFile);
    this.#fd = openSync(at.file, 'a', 0o600);
  }

  get segment(): number {
    return this.#segment;
  }

  /** Of the file that is being written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether what comes next must go to the reserve, too, since something that comes before it is there. */
  get full(): boolean {
    return this.#reserve.inUse;
  }

  /** Sees to it that so many bytes can be written to the reserve, whatever becomes of the disk. Throws where they can't. */
  holdBack(bytes: number): void {
    this.#reserve.hold(bytes);
  }

  /** The line is in the kernel when this returns; `no room`: nothing of it is. Throws where writing fails otherwise. */
  write(line: Buffer): 'written' | 'no room' {
    if (this.full) return 'no room';
    try {
      if (writeSync(this.#fd, line) < line.length) throw noRoom();
      this.#bytes += line.length;
      return 'written';
    } catch (cause) {
      // What is in the file stays whole lines.
      ftruncateSync(this.#fd, this.#bytes);
      if (isNoRoom(cause)) return 'no room';
      throw cause;
    }
  }

  /** The line is on the disk when this returns. */
  writeToReserve(line: Buffer): void {
    this.#reserve.write(line);
  }

  /** What was written so far is on the disk when this returns. */
  syncNow(): void {
    fdatasyncSync(this.#fd);
  }

  /** The same without waiting. Never rejects. */
  sync(failed: (cause: unknown) => void): void {
    const earlier = this.#syncing ?? Promise.resolve();
    const fd = this.#fd;
    this.#syncing = earlier.then(
      () =>
        new Promise<void>((resolve) => {
          fdatasync(fd, (cause) => {
            if (cause !== null) failed(cause);
            resolve();
          });
        }),
    );
  }

  /** Goes on in a new file, which is empty at first. What is in the old one is on the disk by then. */
  next(): void {
    this.syncNow();
    const path = segmentFile(this.#auditFile, this.#segment + 1);
    const fd = openSync(path, 'ax', 0o600);
    syncFolder(dirname(path));
    const old = this.#fd;
    // A sync of it may be going on.
    void (this.#syncing ?? Promise.resolve()).then(() => closeSync(old));
    this.#syncing = undefined;
    this.#fd = fd;
    this.#segment += 1;
    this.#bytes = 0;
  }

  async close(): Promise<void> {
    await this.#syncing;
    closeSync(this.#fd);
    if (this.#reserve.inUse) this.#reserve.close();
    else this.#reserve.remove();
  }
}

/** A new file's name is lost with the power until its folder is synced. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
