import { closeSync, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { CompileOptions } from '../../dsl/api.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { longestFileBytes, reasonOf } from './read-file.ts';

type ReadWorkflow = NonNullable<CompileOptions['readWorkflow']>;

/**
 * Reads the workflows that a workflow of a folder calls, each once: what a run is compiled from is what its plan says, even where a file
 * changes meanwhile. A symbolic link may lead anywhere within the folder, and nowhere else.
 */
export function calledFiles(folder: AbsolutePath): ReadWorkflow {
  const read = new Map<string, ReturnType<ReadWorkflow>>();
  return (path) => {
    const found = read.get(path) ?? readWithin(folder, path);
    read.set(path, found);
    return found;
  };
}

function readWithin(folder: string, path: string): ReturnType<ReadWorkflow> {
  try {
    const root = realpathSync(folder);
    const target = realpathSync(join(root, path));
    if (!target.startsWith(root === sep ? root : `${root}${sep}`)) {
      return { missing: 'a symbolic link leads out of the folder of the workflow that is run' };
    }
    // A pipe is never opened: that would wait for whoever writes to it.
    if (!statSync(target).isFile()) return { missing: 'it is no file' };
    return { source: readBytes(target) };
  } catch (error) {
    // node:fs throws nothing else.
    return { missing: reasonOf(error as NodeJS.ErrnoException) };
  }
}

/** A file's bytes, its first 16 MiB at most; more is reported by the reader. */
function readBytes(path: string): Uint8Array {
  const descriptor = openSync(path, 'r');
  try {
    const size = Math.min(fstatSync(descriptor).size, longestFileBytes);
    const bytes = Buffer.alloc(size);
    let length = 0;
    while (length < size) {
      const count = readSync(descriptor, bytes, length, size - length, null);
      if (count === 0) break;
      length += count;
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}
