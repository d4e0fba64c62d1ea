import { createHash } from 'node:crypto';
import type { Json } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { Compare } from './compare.ts';
import type { SshEffective } from './rule.ts';

/** Moved again when a transfer goes on: what was there last may have been lost when that machine was switched off, or nothing tells whether it is right. */
export const rewindBytes: number = 1024 * 1024;
/** What one request moves: every server takes that much (draft-ietf-secsh-filexfer-02, 3). */
export const pieceBytes = 32_768;
/** Requests under way at once, so that the distance to the server doesn't set the pace: 2 MiB in all, what a channel of ssh2 takes ahead. */
const piecesAtOnce = 64;
/** Files are read and written in larger parts: each costs a change of threads, which takes longer than the bytes do. */
export const blockBytes: number = 8 * pieceBytes;
const piecesInBlock = blockBytes / pieceBytes;
const blocksAtOnce = piecesAtOnce / piecesInBlock;

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

/** A block that is being fetched. */
interface FetchedBlock {
  readonly memory: Buffer;
  readonly counts: Promise<readonly number[]>;
}

/**
 * Fetches blocks ahead, and hands them on in order until a piece is short of what was asked for. `fetch` fills the memory that it is given,
 * and says how much came. A block's memory is used again once the next block is asked for. `expected`: where the end should be; beyond it
 * one piece is asked for at a time.
 */
export async function* blocksInOrder(
  { from, expected }: { readonly from: number; readonly expected: number },
  fetch: (position: number, into: Buffer) => Promise<number>,
): AsyncGenerator<Buffer> {
  const ahead: FetchedBlock[] = [];
  const free: Buffer[] = [];
  let position = from;
  let asked = 0;
  const ask = (): void => {
    const left = Math.ceil((expected - position) / pieceBytes);
    if (left <= 0 && ahead.length > 0) return;
    // A small file is not asked for in many pieces: the number grows while there is more.
    const pieces = Math.max(1, Math.min(left, asked === 0 ? 1 : piecesInBlock));
    asked += 1;
    const memory =
      pieces === 1 ? Buffer.allocUnsafeSlow(pieceBytes) : (free.pop() ?? Buffer.allocUnsafeSlow(blockBytes));
    const counts = Promise.all(
      Array.from({ length: pieces }, (_, index) => {
        const start = index * pieceBytes;
        return fetch(position + start, memory.subarray(start, start + pieceBytes));
      }),
    );
    // It is awaited later on, or not at all once another one has failed.
    counts.catch(() => undefined);
    ahead.push({ memory, counts });
    position += pieces * pieceBytes;
  };
  ask();
  for (let block = ahead.shift(); block !== undefined; block = ahead.shift()) {
    const counts = await block.counts;
    const short = counts.findIndex((count) => count < pieceBytes);
    const bytes = short === -1 ? counts.length * pieceBytes : short * pieceBytes + (counts[short] ?? 0);
    if (bytes > 0) yield block.memory.subarray(0, bytes);
    if (short !== -1) return;
    if (block.memory.length === blockBytes) free.push(block.memory);
    ask();
    if (ahead.length < blocksAtOnce) ask();
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
