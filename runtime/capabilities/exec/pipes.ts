import { closeSync, constants, fchownSync, mkdtempSync, openSync, rmSync } from 'node:fs';
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

/** So many at a time, since starting a program takes as long for many as for one. */
const batch = 8;

/**
 * Supplies real pipes. Node's own are socket pairs, which a program can't open again by name: `tee /dev/stderr` fails on them
 * with ENXIO. Node has no pipe(2) and no mkfifo(3), so FIFOs are made by the program of that name and removed once open. Those that
 * aren't needed yet are kept for the next programs.
 */
export function createPipeSupply(powers: ExecPowers): PipeSupply {
  const fresh: FreshPipe[] = [];
  return async ({ search, owner }) => {
    // Another exec may have taken what was made meanwhile.
    while (fresh.length < 2) fresh.push(...(await makePipes(search, powers)));
    const [stdout, stderr] = fresh.splice(0, 2);
    if (stdout === undefined || stderr === undefined) throw new TypeError('there are two');
    if (owner !== undefined) {
      for (const { writer } of [stdout, stderr]) fchownSync(writer, owner.uid, owner.gid);
    }
    return outputPipesOf(stdout, stderr);
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

async function makePipes(search: BinarySearch, powers: ExecPowers): Promise<readonly FreshPipe[]> {
  const mkfifo = await findBinary('mkfifo', search);
  // A program sees what its pipe was called: nothing that tells of another one's run.
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-pipes-'));
  try {
    const paths = Array.from({ length: batch }, (_, index) => join(folder, `pipe-${index}`));
    const child = powers.spawn(mkfifo.path, ['-m', '600', ...paths], { stdio: 'ignore', env: {} });
    if ((await exitOf(child)).code !== 0) {
      throw new CallFailure('FAILED', 'the pipes for the program could not be made');
    }
    return paths.map(openPipe);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function openPipe(path: string): FreshPipe {
  // The reader first, without waiting for a writer; then the writer finds it and doesn't wait either.
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  return { reader, writer };
}
