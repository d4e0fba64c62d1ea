import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { chown } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { CallFailure } from '../capability.ts';
import type { Binary } from './binary.ts';
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

/**
 * Makes real pipes. Node's own are socket pairs, which a program can't open again by name: `tee /dev/stderr` fails on them
 * with ENXIO. Node has no pipe(2) and no mkfifo(3), so a FIFO is made by the program of that name and removed once open.
 */
export async function makeOutputPipes(
  folder: string,
  setup: { readonly mkfifo: Binary; readonly owner: Owner; readonly powers: ExecPowers },
): Promise<OutputPipes> {
  const paths = { stdout: join(folder, 'stdout'), stderr: join(folder, 'stderr') };
  const child = setup.powers.spawn(setup.mkfifo.path, ['-m', '600', paths.stdout, paths.stderr], {
    stdio: 'ignore',
    env: {},
  });
  if ((await exitOf(child)).code !== 0) throw new CallFailure('FAILED', 'the pipes for the program could not be made');
  if (setup.owner !== undefined) {
    for (const path of Object.values(paths)) await chown(path, setup.owner.uid, setup.owner.gid);
  }
  const stdout = openPipe(paths.stdout);
  const stderr = openPipe(paths.stderr);
  let open = true;
  const closeWriters = (): void => {
    if (!open) return;
    open = false;
    closeSync(stdout.writer);
    closeSync(stderr.writer);
  };
  return {
    stdout: stdout.reader,
    stderr: stderr.reader,
    writers: { stdout: stdout.writer, stderr: stderr.writer },
    closeWriters,
    [Symbol.dispose]() {
      closeWriters();
      stdout.reader.destroy();
      stderr.reader.destroy();
    },
  };
}

function openPipe(path: string): { readonly reader: Socket; readonly writer: number } {
  // The reader first, without waiting for a writer; then the writer finds it and doesn't wait either.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  rmSync(path);
  return { reader: new Socket({ fd, readable: true, writable: false }), writer };
}
