import { createHash } from 'node:crypto';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { Compare } from './compare.ts';
import type { SshEffective } from './rule.ts';

/** Moved again when a transfer goes on: what was there last may have been lost when that machine was switched off, or nothing tells whether it is right. */
export const rewindBytes: number = 1024 * 1024;
/** What one request moves: every server takes that much (draft-ietf-secsh-filexfer-02, 3). */
export const pieceBytes = 32_768;
/** Requests under way at once, so that the distance to the server doesn't set the pace: 1 MiB in all. */
const piecesAtOnce = 32;

/** Where neither the call nor an entry says more. */
const defaultFiles = 10_000;
const defaultBytes: number = 1024 ** 3;

/** Counts what a call moves, against the limits of its entries and its own. */
export interface TransferMeter {
  /** Throws LIMIT_EXCEEDED for one file too many. */
  countFile(): void;
  /** Throws LIMIT_EXCEEDED before the bytes are moved. */
  countBytes(bytes: number): void;
  /** A file that is done, by its path from where the transfer began. */
  done(file: MovedFile): void;
  /** A file that was there already; its digest where that is known. */
  unchanged(file: Pick<MovedFile, 'path'> & Partial<MovedFile>): void;
  /** What the guest gets; `single` for a file that was named itself. */
  answer(moved: 'file' | 'folder'): Json;
  facts(): { readonly files: number; readonly bytes: number };
}

/** A file that was moved. */
export interface MovedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a call says of how much it moves, and of what is there already. */
interface MeterArgs {
  readonly max_bytes?: number;
  readonly compare?: Compare;
}

/** Starts to count. */
export function startMeter(limits: SshEffective['limits'], { max_bytes, compare }: MeterArgs): TransferMeter {
  const mostBytes = Math.min(limits.bytes ?? Number.POSITIVE_INFINITY, max_bytes ?? defaultBytes);
  const mostFiles = limits.files ?? defaultFiles;
  const moved: MovedFile[] = [];
  const known: Pick<MovedFile, 'path' | 'sha256'>[] = [];
  let unchanged = 0;
  let files = 0;
  let bytes = 0;
  const facts = (): { readonly files: number; readonly bytes: number } => ({
    files: moved.length,
    bytes: moved.reduce((sum, file) => sum + file.bytes, 0),
  });
  return {
    countFile() {
      files += 1;
      if (files > mostFiles) throw new CallFailure('LIMIT_EXCEEDED', `there are more than ${mostFiles} files to move`);
    },
    countBytes(more) {
      bytes += more;
      if (bytes <= mostBytes) return;
      throw new CallFailure('LIMIT_EXCEEDED', `there is more to move than ${mostBytes} bytes`, {
        remedy: 'Raise `max_bytes`, and `limits.bytes` in each entry that has it.',
      });
    },
    done(file) {
      moved.push(file);
      known.push(file);
    },
    unchanged({ path, sha256 }) {
      unchanged += 1;
      if (sha256 !== undefined) known.push({ path, sha256 });
    },
    facts,
    answer(kind) {
      const [only] = known;
      const sha256 = kind === 'file' && only !== undefined ? only.sha256 : digestOfAll(known);
      return { ...facts(), ...(compare === undefined ? {} : { unchanged }), sha256 };
    },
  };
}

/** Of a folder: the digest of what `sha256sum` would print for its files, sorted by path. */
function digestOfAll(files: readonly Pick<MovedFile, 'path' | 'sha256'>[]): string {
  const lines = files
    .toSorted((one, other) => (one.path < other.path ? -1 : 1))
    .map(({ path, sha256 }) => `${sha256}  ${path}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/** Fetches pieces ahead, and hands them on in order until one is short of what was asked for. */
export async function* piecesInOrder(
  from: number,
  fetch: (position: number, length: number) => Promise<Buffer>,
): AsyncGenerator<Buffer> {
  const ahead: Promise<Buffer>[] = [];
  let position = from;
  const ask = (): void => {
    const piece = fetch(position, pieceBytes);
    // It is awaited later on, or not at all once another one has failed.
    piece.catch(() => undefined);
    ahead.push(piece);
    position += pieceBytes;
  };
  // A small file is not asked for in 32 pieces: the number grows while there is more.
  ask();
  for (let piece = ahead.shift(); piece !== undefined; piece = ahead.shift()) {
    const bytes = await piece;
    if (bytes.length > 0) yield bytes;
    if (bytes.length < pieceBytes) return;
    ask();
    if (ahead.length < piecesAtOnce) ask();
  }
}

/** Lets so many writes be under way; a failure of one shows at the next, or at the end. */
export function writesAtOnce(): {
  readonly start: (write: Promise<void>) => Promise<void>;
  readonly end: () => Promise<void>;
} {
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  return {
    async start(write) {
      const settled: Promise<void> = write.then(
        () => void underWay.delete(settled),
        (cause: unknown) => {
          failure ??= cause;
          underWay.delete(settled);
        },
      );
      underWay.add(settled);
      if (underWay.size >= piecesAtOnce) await Promise.race(underWay);
      if (failure !== undefined) throw failure;
    },
    async end() {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure;
    },
  };
}
