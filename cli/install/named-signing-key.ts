import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { readPublicKey, type TrustPolicy } from '../../runtime/trust/index.ts';
import { usageError } from '../command.ts';
import { readNamedFile } from '../commands/policy-file.ts';
import type { Terminal } from '../terminal.ts';
import { inFile } from './open-package-file.ts';

/** Eight digits of an id: with fewer a slip would soon be another key. */
const beginning = /^ed25519-[0-9a-f]{8,31}$/u;
const whole = /^ed25519-[0-9a-f]{32}$/u;

/**
 * The id of the one key that somebody names: its id, which no policy has to know, what the id of a key in the policy begins with, its
 * holder's name there, or its .pub file. Throws USAGE where that is no key or several, with the ids of those that there are.
 */
export function namedSigningKey(
  terminal: Terminal,
  named: string,
  { keys, file }: Pick<TrustPolicy, 'keys' | 'file'>,
): string {
  if (whole.test(named)) return named;
  const known = keys.filter(({ id, name }) => name === named || (beginning.test(named) && id.startsWith(named)));
  const [one, ...others] = known;
  if (one !== undefined && others.length === 0) return one.id;
  const shown = (list: typeof keys): string => list.map(({ id, name }) => `${name} (${id})`).join(', ');
  if (one !== undefined) {
    throw usageError(`${named} is ${known.length} keys in ${file}`, `Name one of them by its id: ${shown(known)}.`);
  }
  if (!existsSync(resolve(terminal.cwd, named))) {
    throw usageError(
      `no key in ${file} is ${named}, and no file is called so`,
      keys.length === 0
        ? 'No key is there. Name another trust policy by --trust, the .pub file of the key, or its whole id.'
        : `There are ${shown(keys)}. Any other is named by its .pub file or its whole id.`,
    );
  }
  const text = readNamedFile(terminal, named, 'the public key');
  try {
    return readPublicKey(text).id;
  } catch (cause) {
    throw inFile(cause, named);
  }
}
