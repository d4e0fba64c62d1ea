import { userInfo } from 'node:os';
import { usageError } from '../command.ts';

/** Who gives a command: as they say (`--by`), else the user of this machine. */
export function operatorName(given?: string): string {
  if (given?.trim() === '') throw usageError('--by has no name', 'Write --by NAME.');
  return given ?? userName();
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id that no account of the machine has, as in containers.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
