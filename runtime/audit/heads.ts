import { closeSync, fdatasyncSync, fstatSync, fsyncSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { type AuditHead, headFile, headText } from './head.ts';
import type { AgentKey } from './key.ts';
import { noRoom } from './room.ts';
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
    // One write to a file that is open for appending is one line, whoever else appends. What a full disk left of an earlier
    // line is ended, so that it doesn't spoil this one.
    writeWhole(this.#fd, this.#endsWithin() ? `\n${head}` : head);
    fdatasyncSync(this.#fd);
  }

  close(): void {
    closeSync(this.#fd);
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
