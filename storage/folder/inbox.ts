import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import type { Inbox, PostedRequest, TakenRequest } from '../port.ts';
import type { FolderBell } from './bell.ts';
import { attempt, hasCode } from './failures.ts';
import { ensurePrivateFolder, writePrivateFile } from './private-files.ts';

/** The payload of a signal has at most 256 KiB; a file that is larger is nobody's request. */
const fileLimitBytes = 1024 * 1024;

type Kind = 'request' | 'taken' | 'answer';

/**
 * An inbox as a folder that only its owner may enter: `<id>.request` is renamed to `<id>.taken` by whoever takes it, so that it is
 * taken once, and answered by `<id>.answer`. Every file is written beside its place first and is then whole.
 */
export class FolderInbox implements Inbox {
  readonly #folder: string;
  readonly #bell: FolderBell;

  constructor(folder: string, bell: FolderBell) {
    this.#folder = folder;
    this.#bell = bell;
    this.#attempt('make the inbox', () => ensurePrivateFolder(folder));
  }

  post({ id, expires_at, content }: Parameters<Inbox['post']>[0]): PostedRequest {
    this.#attempt('leave a request', () => this.#write(id, 'request', { expires_at, content }));
    return {
      answer: () => this.#attempt('read an answer', () => this.#read(id, 'answer')?.['content']),
      withdraw: () => this.#attempt('withdraw a request', () => this.#remove(id, 'request')),
      listen: (changed) => this.listen(changed),
      [Symbol.dispose]: () => {
        this.#attempt('withdraw a request', () => {
          this.#remove(id, 'request');
          // Taken and not answered yet: whoever took it clears its answer away once it has expired.
          if (this.#remove(id, 'answer')) this.#remove(id, 'taken');
        });
      },
    };
  }

  take(now: number): readonly TakenRequest[] {
    return this.#attempt('read requests', () => {
      const files = readdirSync(this.#folder)
        .toSorted()
        .map((name) => /^(.+)\.(request|taken|answer)$/.exec(name));
      return files.flatMap((match) => {
        const [, id, kind] = match ?? [];
        if (id === undefined || kind === undefined) return [];
        // The pattern allows no other.
        return this.#takeOne({ id, kind: kind as Kind }, now);
      });
    });
  }

  listen(changed: () => void): Disposable {
    return this.#attempt('listen for requests', () => this.#bell.listen(this.#folder, changed));
  }

  #takeOne({ id, kind }: { readonly id: string; readonly kind: Kind }, now: number): readonly TakenRequest[] {
    const letter = this.#read(id, kind);
    const expires_at = letter?.['expires_at'];
    if (letter === undefined || typeof expires_at !== 'number' || expires_at <= now) {
      this.#remove(id, kind);
      return [];
    }
    if (kind !== 'request' || !this.#rename(id)) return [];
    const answer = (content: Json): void =>
      this.#attempt('answer a request', () => this.#write(id, 'answer', { expires_at, content }));
    return [{ content: letter['content'] ?? null, answer }];
  }

  /** False where it was withdrawn, or somebody else took it. */
  #rename(id: string): boolean {
    return ifPresent(() => renameSync(this.#path(id, 'request'), this.#path(id, 'taken')));
  }

  #remove(id: string, kind: Kind): boolean {
    return ifPresent(() => rmSync(this.#path(id, kind), { recursive: true }));
  }

  #write(id: string, kind: Kind, letter: JsonObject): void {
    const draft = join(this.#folder, `${id}.${kind}.new`);
    writePrivateFile(draft, JSON.stringify(letter), { durable: false });
    renameSync(draft, this.#path(id, kind));
    this.#bell.ring(this.#folder);
  }

  /** Undefined where there is no such file, or what lies there was not written by this class. */
  #read(id: string, kind: Kind): JsonObject | undefined {
    let text = '';
    if (!ifPresent(() => (text = readOwnFile(this.#path(id, kind))))) return undefined;
    try {
      const letter: unknown = JSON.parse(text);
      // What JSON.parse() gives is JSON.
      return isJsonObject(letter as Json) ? (letter as JsonObject) : undefined;
    } catch {
      return undefined;
    }
  }

  #path(id: string, kind: Kind): string {
    return join(this.#folder, `${id}.${kind}`);
  }

  #attempt<Result>(doing: string, action: () => Result): Result {
    return attempt({ doing, file: this.#folder }, action);
  }
}

/** Nothing for what is no file of this user's, or too large. */
function readOwnFile(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const own = status.isFile() && status.uid === process.geteuid?.() && status.size <= fileLimitBytes;
    return own ? readFileSync(descriptor, 'utf8') : '';
  } finally {
    closeSync(descriptor);
  }
}

/** False where the file isn't there (any more), is a symbolic link, or is closed to this user: nobody whom it listens to made it so. */
function ifPresent(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch (cause) {
    if (['ENOENT', 'ELOOP', 'EACCES'].some((code) => hasCode(cause, code))) return false;
    throw cause;
  }
}
