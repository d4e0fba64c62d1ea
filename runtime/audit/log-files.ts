import { closeSync, fdatasync, fdatasyncSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
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
  #full = false;
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

  /** Sees to it that so many bytes can be written to the reserve, whatever becomes of the disk. Throws where they can't. */
  holdBack(bytes: number): void {
    this.#reserve.hold(bytes);
  }

  /**
   * The line is in the kernel when this returns; `no room`: nothing of it is, and nothing more is written here, or what the
   * reserve holds by then would not come last. Throws where writing fails otherwise.
   */
  write(line: Buffer): 'written' | 'no room' {
    if (this.#full) return 'no room';
    try {
      if (writeSync(this.#fd, line) < line.length) throw noRoom();
      this.#bytes += line.length;
      return 'written';
    } catch (cause) {
      // What is in the file stays whole lines.
      ftruncateSync(this.#fd, this.#bytes);
      if (!isNoRoom(cause)) throw cause;
      this.#full = true;
      return 'no room';
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

  /** Resolves when what was written so far is on the disk, while others go on. */
  synced(): Promise<void> {
    const fd = this.#fd;
    const synced = (this.#syncing ?? Promise.resolve()).then(() => whenTold((tell) => fdatasync(fd, tell)));
    // Whoever asked hears of a failure; what waits for the descriptor only goes on.
    this.#syncing = synced.catch(() => {});
    return synced;
  }

  /** Goes on in a new file with this line. What is in the old one is on the disk by then. Throws where there is no room. */
  next(line: Buffer): void {
    this.syncNow();
    const path = segmentFile(this.#auditFile, this.#segment + 1);
    const fd = openSync(path, 'ax', 0o600);
    try {
      if (writeSync(fd, line) < line.length) throw noRoom();
      syncFolder(dirname(path));
    } catch (cause) {
      // The log goes on to its end in the old one.
      closeSync(fd);
      rmSync(path);
      throw cause;
    }
    const old = this.#fd;
    // A sync of it may be going on.
    void (this.#syncing ?? Promise.resolve()).then(() => closeSync(old));
    this.#syncing = undefined;
    this.#fd = fd;
    this.#segment += 1;
    this.#bytes = line.length;
  }

  async close(): Promise<void> {
    await this.#syncing;
    closeSync(this.#fd);
    if (this.#reserve.inUse) this.#reserve.close();
    else this.#reserve.remove();
  }
}

/** Of a function of node:fs that tells a callback. */
export function whenTold(act: (tell: (cause: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => act((cause) => (cause === null ? resolve() : reject(cause))));
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
