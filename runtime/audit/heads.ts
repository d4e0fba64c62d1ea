import {
  closeSync,
  fdatasync,
  fdatasyncSync,
  fstatSync,
  fsync,
  fsyncSync,
  openSync,
  readSync,
  rename,
  renameSync,
  writeSync,
} from 'node:fs';
import { type AuditHead, headFile, headText } from './head.ts';
import type { AgentKey } from './key.ts';
import { type LogFiles, whenTold } from './log-files.ts';
import { noRoom, storageFailure } from './room.ts';
import { checkpointsFile } from './witnesses.ts';

/** Signs how far a log has come. */
export function signHead(key: AgentKey, log: Pick<AuditHead, 'run' | 'sequence' | 'hash'>): string {
  const { run, sequence, hash } = log;
  return `${JSON.stringify({ run, sequence, hash, key: key.id, signature: key.sign(headText(log)) })}\n`;
}

/** Puts a signed head in the place of the one beside the log: whole, or not at all. */
export function replaceHead(auditFile: string, head: string): void {
  const path = headFile(auditFile);
  const fd = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeWhole(fd, head);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
}

/** The same, while others go on. One at a time: they share the file that becomes the head. */
async function replaceHeadMeanwhile(auditFile: string, head: string): Promise<void> {
  const path = headFile(auditFile);
  const fd = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeWhole(fd, head);
    await whenTold((tell) => fsync(fd, tell));
  } finally {
    closeSync(fd);
  }
  await whenTold((tell) => rename(`${path}.new`, path, tell));
}

/**
 * Leaves the heads of a log, beside it and elsewhere: always after what they tell of is on the disk, since a head that is ahead of
 * its log says that somebody cut it off. The disk takes milliseconds for each, in which the calls of all steps go on.
 */
export class Heads {
  readonly #auditFile: string;
  readonly #files: Pick<LogFiles, 'synced' | 'syncNow'>;
  readonly #elsewhere: CheckpointsFile | undefined;
  /** The newest that isn't left yet; it tells all that those before it would have told. */
  #next: string | undefined;
  #leaving: Promise<void> | undefined;

  constructor(auditFile: string, files: Pick<LogFiles, 'synced' | 'syncNow'>, elsewhere: CheckpointsFile | undefined) {
    this.#auditFile = auditFile;
    this.#files = files;
    this.#elsewhere = elsewhere;
  }

  /** Leaves it as soon as the disk allows; `failed` hears why that wasn't possible. */
  leave(head: string, failed: (cause: unknown) => void): void {
    this.#next = head;
    this.#leaving ??= this.#leaveAll(failed);
  }

  /** Settles when none is being left any more. Never rejects. */
  async settled(): Promise<void> {
    await this.#leaving;
  }

  /** It is left when this returns. Only once all others are settled. */
  leaveNow(head: string): void {
    this.#files.syncNow();
    replaceHead(this.#auditFile, head);
    this.leaveElsewhere(head);
  }

  /** The same elsewhere only, as where the log's own disk is full. */
  leaveElsewhere(head: string): void {
    try {
      this.#elsewhere?.add(head);
    } catch (cause) {
      throw storageFailure(cause, this.#elsewhere?.path ?? this.#auditFile);
    }
  }

  close(): void {
    this.#elsewhere?.close();
  }

  async #leaveAll(failed: (cause: unknown) => void): Promise<void> {
    let path = this.#auditFile;
    try {
      for (let head = this.#next; head !== undefined; head = this.#next) {
        this.#next = undefined;
        path = this.#auditFile;
        await this.#files.synced();
        await replaceHeadMeanwhile(path, head);
        path = this.#elsewhere?.path ?? path;
        await this.#elsewhere?.addMeanwhile(head);
      }
    } catch (cause) {
      failed(storageFailure(cause, path));
    } finally {
      // At once: one that comes now is left anew.
      this.#leaving = undefined;
    }
  }
}

/** Checkpoints that are kept elsewhere: lines are only ever added, several agents and runs may share the file. */
export class CheckpointsFile {
  readonly path: string;
  readonly #fd: number;

  /** Makes the file where it isn't there; never its folder, which would hide that a disk isn't mounted. */
  constructor(place: string, run: string) {
    this.path = checkpointsFile(place, run);
    this.#fd = openSync(this.path, 'a+', 0o600);
  }

  add(head: string): void {
    this.#write(head);
    fdatasyncSync(this.#fd);
  }

  /** The same, while others go on. */
  async addMeanwhile(head: string): Promise<void> {
    this.#write(head);
    await whenTold((tell) => fdatasync(this.#fd, tell));
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(head: string): void {
    // One write to a file that is open for appending is one line, whoever else appends. What a full disk left of an earlier
    // line is ended, so that it doesn't spoil this one.
    writeWhole(this.#fd, this.#endsWithin() ? `\n${head}` : head);
  }

  #endsWithin(): boolean {
    const { size } = fstatSync(this.#fd);
    const last = Buffer.alloc(1);
    return size > 0 && readSync(this.#fd, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
  }
}

function writeWhole(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  if (writeSync(fd, bytes) < bytes.length) throw noRoom();
}
