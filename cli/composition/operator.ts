import { userInfo } from 'node:os';

/** Who gives a command: as they say, else the user of this machine. */
export function operatorName(given?: string): string {
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
