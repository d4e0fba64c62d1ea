import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WaterflowFailure } from '../../schemas/index.ts';
import { attempt, hasCode } from './failures.ts';
import { ensurePrivateFolder, syncFolder, writePrivateFile } from './private-files.ts';

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Content-addressed files: `<folder>/<two digits>/<hex>`. A blob is there whole or not at all. */
export class Blobs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Durable when it returns; the digest is `sha256:<hex>`. */
  put(bytes: Uint8Array): string {
    const digest = digestOf(bytes);
    const path = this.#pathOf(digest);
    attempt({ doing: 'write a blob', file: path.file }, () => {
      if (existsSync(path.file)) return;
      ensurePrivateFolder(path.folder);
      // One process owns the run and put() is synchronous, so this name is nobody else's.
      const unfinished = `${path.file}.new`;
      try {
        writePrivateFile(unfinished, bytes, { durable: true });
        renameSync(unfinished, path.file);
      } catch (cause) {
        rmSync(unfinished, { force: true });
        throw cause;
      }
      syncFolder(path.folder);
      syncFolder(this.#folder);
    });
    return digest;
  }

  /** The bytes; undefined where there is no such blob. A blob that isn't what its name says is STORAGE_FAILED. */
  get(digest: string): Uint8Array | undefined {
    if (!digestPattern.test(digest)) return undefined;
    const { file } = this.#pathOf(digest);
    const bytes = attempt({ doing: 'read a blob', file }, () => {
      try {
        return readFileSync(file);
      } catch (cause) {
        if (hasCode(cause, 'ENOENT')) return undefined;
        throw cause;
      }
    });
    if (bytes === undefined || digestOf(bytes) === digest) return bytes;
    throw new WaterflowFailure({
      code: 'STORAGE_FAILED',
      message: `the blob ${file} was changed: its content has another digest`,
      remedy: 'Restore the file from a backup, or start the workflow anew.',
      file,
    });
  }

  #pathOf(digest: string): { readonly folder: string; readonly file: string } {
    const hex = digest.slice('sha256:'.length);
    const folder = join(this.#folder, hex.slice(0, 2));
    return { folder, file: join(folder, hex) };
  }
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
