import { closeSync, constants, fchownSync, mkdtempSync, openSync, rmdirSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CallFailure } from '../capability.ts';
import { type BinarySearch, findBinary } from './binary.ts';
import type { Owner } from './folder.ts';
import type { ExecPowers } from './powers.ts';
import { exitOf } from './program.ts';

/** The two streams of a program. */
export interface OutputPipes extends Disposable {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** For the program's stdio. */
  readonly writers: { readonly stdout: number; readonly stderr: number };
  /** To be called once the program has them: a stream ends when the last writer is gone. */
  closeWriters(): void;
}

/** Gives a program its pipes. */
export type PipeSupply = (program: { readonly search: BinarySearch; readonly owner: Owner }) => Promise<OutputPipes>;

/** Both ends of a pipe that nobody has used yet. */
interface FreshPipe {
  readonly reader: number;
  readonly writer: number;
}

/** So many at a time, since starting a program takes as long for many as for one. What isn't needed yet is kept: never more than these. */
const firstBatch = 8;
/** An agent that has used up a batch will want as many again: the next one is twice as large, up to these. */
const usualBatch = 32;
/** Where many programs wait for theirs. */
const largestBatch = 64;

/**
 * Supplies real pipes. Node's own are socket pairs, which a program can't open again by name: `tee /dev/stderr` fails on them
 * with ENXIO. Node has no pipe(2) and no mkfifo(3), so FIFOs are made by the program of that name and removed once open. Those that
 * aren't needed yet are kept for the next programs.
 */
export function createPipeSupply(powers: ExecPowers): PipeSupply {
  const fresh: FreshPipe[] = [];
  let making: Promise<void> | undefined;
  let waiting = 0;
  let batch = firstBatch;

  /** One batch is under way at a time, for all that wait; whose own it isn't sees afterwards whether there is enough. */
  const makeMore = async (search: BinarySearch): Promise<void> => {
    if (making !== undefined) return making.catch(() => undefined);
    const count = Math.min(largestBatch, Math.max(batch, 2 * waiting));
    making = makePipes(count, search, powers).then((made) => void fresh.push(...made));
    batch = Math.min(usualBatch, 2 * batch);
    try {
      await making;
    } finally {
      making = undefined;
    }
  };

  return async ({ search, owner }) => {
    waiting += 1;
    try {
      // Another exec may have taken what was made meanwhile.
      while (fresh.length < 2) await makeMore(search);
    } finally {
      waiting -= 1;
    }
    const [stdout, stderr] = fresh.splice(0, 2);
    if (stdout === undefined || stderr === undefined) throw new TypeError('there are two');
    try {
      if (owner !== undefined) {
        for (const { writer } of [stdout, stderr]) fchownSync(writer, owner.uid, owner.gid);
      }
      return outputPipesOf(stdout, stderr);
    } catch (cause) {
      for (const pipe of [stdout, stderr]) closePipe(pipe);
      throw cause;
    }
  };
}

function outputPipesOf(stdout: FreshPipe, stderr: FreshPipe): OutputPipes {
  const readers = {
    stdout: new Socket({ fd: stdout.reader, readable: true, writable: false }),
    stderr: new Socket({ fd: stderr.reader, readable: true, writable: false }),
  };
  let open = true;
  const closeWriters = (): void => {
    if (!open) return;
    open = false;
    closeSync(stdout.writer);
    closeSync(stderr.writer);
  };
  return {
    ...readers,
    writers: { stdout: stdout.writer, stderr: stderr.writer },
    closeWriters,
    [Symbol.dispose]() {
      closeWriters();
      readers.stdout.destroy();
      readers.stderr.destroy();
    },
  };
}

async function makePipes(
  count: number,
  search: BinarySearch,
  powers: Pick<ExecPowers, 'spawn'>,
): Promise<readonly FreshPipe[]> {
  const mkfifo = findBinary('mkfifo', search);
  // A program sees what its pipe was called: nothing that tells of another one's run.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-pipes-'));
  const paths = Array.from({ length: count }, (_, index) => join(folder, `pipe-${index}`));
  try {
    const child = powers.spawn(mkfifo.path, ['-m', '600', ...paths], { stdio: 'ignore', env: {} });
    if ((await exitOf(child)).code !== 0) {
      throw new CallFailure('FAILED', 'the pipes for the program could not be made');
    }
    return openPipes(paths);
  } finally {
    // One by one: to look into the folder takes a descriptor, of which there may be none left.
    for (const path of paths) rmSync(path, { force: true });
    rmdirSync(folder);
  }
}

/** All of them, or none: nothing stays open where one can't be opened. */
function openPipes(paths: readonly string[]): readonly FreshPipe[] {
  const opened: FreshPipe[] = [];
  try {
    for (const path of paths) opened.push(openPipe(path));
    return opened;
  } catch (cause) {
    for (const pipe of opened) closePipe(pipe);
    throw cause;
  }
}

function openPipe(path: string): FreshPipe {
  // The reader first, without waiting for a writer; then the writer finds it and doesn't wait either.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  } catch (cause) {
    closeSync(reader);
    throw cause;
  }
}

function closePipe({ reader, writer }: FreshPipe): void {
  closeSync(reader);
  closeSync(writer);
}
