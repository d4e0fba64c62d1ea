import { readFileSync } from 'node:fs';
import { WaterflowFailure } from '../../schemas/index.ts';
import { reasonOf } from '../commands/read-file.ts';

/** Reads a PEM file that a configuration names. Throws WaterflowFailure FILE_NOT_READABLE. */
export function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new WaterflowFailure({
      code: 'FILE_NOT_READABLE',
      // node:fs throws nothing else.
      message: `cannot read ${file}: ${reasonOf(cause as NodeJS.ErrnoException)}`,
      remedy: 'Name PEM files that exist and that this user may read.',
      file,
    });
  }
}
