import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';

/** Room for the outcomes of some hundred calls that are being carried out at once; more calls at once get more. */
const reserveStepBytes = 256 * 1024;

/** The reserve of a log lies beside it. */
export function reserveFile(auditFile: string): string {
  return `${auditFile}.reserve`;
}

/** The lines that stand in a reserve: those before its first unused byte. */
export function readReserve(auditFile: string): { readonly file: string; readonly lines: readonly Buffer[] } {
  const file = reserveFile(auditFile);
  if (!existsSync(file)) return { file, lines: [] };
  const bytes = readFileSync(file);
  const lines: Buffer[] = [];
  for (let from = 0; bytes[from] !== undefined && bytes[from] !== 0; ) {
    const end = bytes.indexOf(0x0a, from);
    // A line that has no end was being written when the machine stopped.
    if (end < 0) break;
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  return { file, lines };
}

/**
 * Disk space that a log already has. A call is recorded before it is carried out, and the disk may be full by the time that it
 * is over: its outcome is then written here, over bytes that are allocated, which needs no room and which no other writer
 * can take away. (On a file system that copies on write, such as btrfs, overwriting may need room all the same.)
 */
export class Reserve {
  readonly #path: string;
  readonly #fd: number;
  #bytes = 0;
  #used = 0;

  /** Throws what writing throws where there is no room for it. */
  constructor(auditFile: string) {
    this.#path = reserveFile(auditFile);
    this.#fd = openSync(this.#path, 'w', 0o600);
    try {
      this.hold(reserveStepBytes);
    } catch (cause) {
      this.remove();
      throw cause;
    }
  }

  /** Sees to it that so many bytes can be written. */
  hold(bytes: number): void {
    while (this.#bytes - this.#used < bytes) {
      const written = writeSync(this.#fd, Buffer.alloc(reserveStepBytes), 0, reserveStepBytes, this.#bytes);
      if (written < reserveStepBytes) throw Object.assign(new Error('the disk is full'), { code: 'ENOSPC' });
      this.#bytes += written;
    }
  }

  /** Whether something stands in it. */
  get inUse(): boolean {
    return this.#used > 0;
  }

  /** Adds a line, on the disk when this returns. Throws where there is no room left in the reserve. */
  write(line: Buffer): void {
    if (this.#used + line.length > this.#bytes) {
      throw Object.assign(new Error('the reserve for outcomes is used up'), { code: 'ENOSPC' });
    }
    writeSync(this.#fd, line, 0, line.length, this.#used);
    fdatasyncSync(this.#fd);
    this.#used += line.length;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** For one in which nothing stands any more. */
  remove(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }
}
