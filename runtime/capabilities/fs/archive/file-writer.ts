import { closeSync } from 'node:fs';
import { chargeQuota, type FsCall, throwIfAborted } from '../operation.ts';
import { writeAll, writeAllAtOnce } from '../writing.ts';
import { tooLarge } from './read-tar.ts';
import type { Staging } from './staging.ts';

/** Files up to there are held until they are whole. */
const heldBytes: number = 1024 * 1024;
/** Of the four threads that Node has for files and for decompressing, so that those who decompress get one. */
const filesAtOnce = 2;

/** Which file, and what its header says of it. */
export interface WrittenFile {
  readonly names: readonly string[];
  readonly executable: boolean;
  readonly size: number;
}

/** From which archive, and how much may come of it. */
interface Bounds {
  readonly from: string;
  readonly max_bytes: number;
}

/**
 * Writes files into a staging folder. To make a file takes the system longer than anything else of it: so small ones are made by threads, a
 * few at a time, while the archive is read on.
 */
export class FileWriter {
  readonly #call: Pick<FsCall<unknown>, 'scope' | 'quota_bytes' | 'quota_files'>;
  readonly #staging: Staging;
  readonly #bounds: Bounds;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly cause: unknown } | undefined;
  #bytes = 0;

  constructor(call: Pick<FsCall<unknown>, 'scope' | 'quota_bytes' | 'quota_files'>, staging: Staging, bounds: Bounds) {
    this.#call = call;
    this.#staging = staging;
    this.#bounds = bounds;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Reads all of the content; the file may come later, and so may its failure. */
  async write(file: WrittenFile, content: AsyncIterable<Buffer>): Promise<void> {
    if (file.size > heldBytes) {
      await this.#writeAsItComes(file, content);
      return;
    }
    const parts: Buffer[] = [];
    for await (const chunk of this.#counted(content)) parts.push(chunk);
    const made: Promise<void> = this.#make(file, parts).then(
      () => void this.#underWay.delete(made),
      (cause: unknown) => {
        this.#failure ??= { cause };
        this.#underWay.delete(made);
      },
    );
    this.#underWay.add(made);
    if (this.#underWay.size >= filesAtOnce) await Promise.race(this.#underWay);
    this.#throwFailure();
  }

  /** Once all of them lie there. Throws what kept one of them from it. */
  async settled(): Promise<void> {
    await this.ended();
    this.#throwFailure();
  }

  /** Once nothing is under way any more, whatever came of it. */
  async ended(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #make(file: WrittenFile, parts: readonly Buffer[]): Promise<void> {
    const fd = await this.#create(file);
    try {
      for (const part of parts) writeAllAtOnce(fd, part);
    } finally {
      closeSync(fd);
    }
  }

  async #writeAsItComes(file: WrittenFile, content: AsyncIterable<Buffer>): Promise<void> {
    const fd = await this.#create(file);
    try {
      for await (const chunk of this.#counted(content)) await writeAll(fd, chunk);
    } finally {
      closeSync(fd);
    }
  }

  /** Of the mode only whether it is executable: no setuid, no setgid, no sticky bit, nothing for others to write. */
  #create({ names, executable }: WrittenFile): Promise<number> {
    return this.#staging.createFile(names, executable ? 0o777 : 0o666);
  }

  async *#counted(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
    for await (const chunk of content) {
      throwIfAborted(this.#call.scope);
      this.#bytes += chunk.length;
      if (this.#bytes > this.#bounds.max_bytes) {
        throw tooLarge({ path: this.#bounds.from, max_bytes: this.#bounds.max_bytes });
      }
      chargeQuota(this.#call, chunk.length);
      yield chunk;
    }
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.cause;
  }
}
