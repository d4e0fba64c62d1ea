import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { usageError } from '../command.ts';
import { notWritten } from '../install/write-whole.ts';
import type { Terminal } from '../terminal.ts';

/** Where a command's result goes: a file that may be replaced, or one that must not exist yet. */
export interface Target {
  readonly file: string;
  readonly existing: 'replace' | 'refuse';
}

/** Writes a text to a file. Throws USAGE where it exists and must not, else STORAGE_FAILED. */
export async function writeText(terminal: Terminal, target: Target, text: string): Promise<void> {
  try {
    await writeFile(resolve(terminal.cwd, target.file), text, { flag: target.existing === 'replace' ? 'w' : 'wx' });
  } catch (error) {
    // node:fs rejects with nothing else.
    const cause = error as NodeJS.ErrnoException;
    if (cause.code === 'EEXIST') throw usageError(`${target.file} exists already`, 'Name another file, or remove it.');
    const remedy = 'Name a file in a folder that exists and that you may write to.';
    throw notWritten(`cannot write ${target.file}`, { file: target.file, cause, remedy });
  }
}
