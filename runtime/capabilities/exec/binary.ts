import { access, constants, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';

/** A program on this machine. */
export interface Binary {
  /** Where it was found; started by this name, since some programs are several by their name (busybox). */
  readonly path: AbsolutePath;
  /** The file itself, with every link followed. */
  readonly file: AbsolutePath;
}

/** Where programs come from, and where they may not lie. */
export interface BinarySearch {
  /** The agent's own folders, in order. */
  readonly path: readonly AbsolutePath[];
  /** Folders that a step can write to. */
  readonly writable: readonly AbsolutePath[];
}

/**
 * Finds a program: a name in the agent's folders only, a path as it stands. Nothing that a step could have written counts,
 * so that a `git` in the workspace never runs in place of git.
 */
export async function findBinary(command: string, search: BinarySearch): Promise<Binary> {
  const candidates = command.includes('/') ? [command] : search.path.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    const file = await executableFile(candidate);
    if (file === undefined) continue;
    for (const folder of search.writable) {
      const inside = isInside(candidate, folder) || isInside(file, await realpath(folder));
      if (inside) {
        throw new CallFailure('DENIED', `\`${command}\` is a file that a step can write`, {
          rule: 'exec: programs come from outside the workspace',
          remedy: 'Run it by an interpreter that is granted, e.g. bash with the file as its argument.',
        });
      }
    }
    // Joined from absolute folders, or absolute by the grammar.
    return { path: candidate as AbsolutePath, file };
  }
  throw new CallFailure('NOT_FOUND', `the program \`${command}\` was not found on this machine`, {
    remedy: command.includes('/')
      ? 'Install it at that path.'
      : `Install it in one of the agent's folders: ${search.path.join(', ')}.`,
  });
}

/** The real path of an executable ordinary file, or undefined. */
async function executableFile(path: string): Promise<AbsolutePath | undefined> {
  try {
    const file = await realpath(path);
    if (!(await stat(file)).isFile()) return undefined;
    await access(file, constants.X_OK);
    // realpath's result is absolute and normalized.
    return file as AbsolutePath;
  } catch {
    // Missing, unreadable or a dangling link: not a program here.
    return undefined;
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith('../'));
}

/** Refuses unless each name stands for the same file. */
export async function requireSameBinary(
  binary: Binary,
  commands: readonly string[],
  search: BinarySearch,
): Promise<void> {
  for (const command of commands) {
    const other = await findBinary(command, search);
    if (other.file === binary.file) continue;
    throw new CallFailure('DENIED', `\`${binary.path}\` is not the program that the rule calls \`${command}\``, {
      rule: `exec command: ${command} is ${other.file} on this machine`,
      remedy: `Call it as \`${command}\`.`,
    });
  }
}
