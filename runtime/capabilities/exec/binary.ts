import { accessSync, constants, realpathSync, statSync } from 'node:fs';
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
 * so that a `git` in the workspace never runs in place of git. Throws CallFailure: NOT_FOUND, DENIED. It asks the system at once, here and
 * everywhere before a program is started: a thread takes ten times as long for each of these questions.
 */
export function findBinary(command: string, search: BinarySearch): Binary {
  const candidates = command.includes('/') ? [command] : search.path.map((folder) => join(folder, command));
  for (const candidate of candidates) {
    const file = executableFile(candidate);
    if (file === undefined) continue;
    for (const folder of search.writable) {
      const inside = isInside(candidate, folder) || isInside(file, realpathSync.native(folder));
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

/** The same; undefined where it isn't there, or may not be run. */
export function findBinaryIfThere(command: string, search: BinarySearch): Binary | undefined {
  try {
    return findBinary(command, search);
  } catch {
    return undefined;
  }
}

/** The real path of an executable ordinary file, or undefined. */
function executableFile(path: string): AbsolutePath | undefined {
  try {
    const file = realpathSync.native(path);
    if (!statSync(file).isFile()) return undefined;
    accessSync(file, constants.X_OK);
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
export function requireSameBinary(binary: Binary, commands: readonly string[], search: BinarySearch): void {
  for (const command of commands) {
    const other = findBinary(command, search);
    if (other.file === binary.file) continue;
    throw new CallFailure('DENIED', `\`${binary.path}\` is not the program that the rule calls \`${command}\``, {
      rule: `exec command: ${command} is ${other.file} on this machine`,
      remedy: `Call it as \`${command}\`.`,
    });
  }
}
