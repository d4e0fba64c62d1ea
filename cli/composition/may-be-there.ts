import { statSync } from 'node:fs';
import { hasCode } from '../../storage/folder/failures.ts';

/**
 * Whether a file is there, or may be: one that can't be looked at, as in a folder that is closed to this user, counts as there. Whoever
 * reads it is then told why it can't be read, where else the machine's settings or policy would be passed over in silence.
 */
export function mayBeThere(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch (cause) {
    return !hasCode(cause, 'ENOENT') && !hasCode(cause, 'ENOTDIR');
  }
}
