import { closeSync, constants, openSync, readFileSync, writeSync } from 'node:fs';
import { hasCode } from './failures.ts';

/** The journal's end as it was last written: how many entries, and the checksum of the last. */
export interface JournalHead {
  readonly sequence: number;
  readonly checksum: number;
}

const pattern = /^(\d{16}) ([0-9a-f]{8})\n$/;

/**
 * Keeps the journal's end beside the journal. SQLite takes a damaged or missing WAL for one that ends earlier, without a
 * word; a finished step would then run again. The head is written after the commit that it tells of, in place and
 * within one sector, and is not synced: after a power failure it may lag behind the journal but never be ahead of it.
 */
export class JournalHeadFile implements Disposable {
  readonly #descriptor: number;
  #open = true;

  constructor(path: string) {
    this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  }

  write(head: JournalHead): void {
    writeSync(this.#descriptor, formatHead(head), 0);
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}

/** The file's content for this head: always of the same length. */
export function formatHead(head: JournalHead): string {
  return `${String(head.sequence).padStart(16, '0')} ${head.checksum.toString(16).padStart(8, '0')}\n`;
}

/** Reads a head; undefined where the file is missing or is none. */
export function readHead(path: string): JournalHead | undefined {
  const match = pattern.exec(readIfPresent(path));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  return { sequence: Number(match[1]), checksum: Number.parseInt(match[2], 16) };
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return '';
    throw cause;
  }
}
