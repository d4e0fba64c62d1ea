import { checkSecrets } from '../../agent/redaction/index.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import { usageError } from '../command.ts';

/** `--input name=value` and the like, as an object; the last of a repeated name wins. Values may hold `=`. */
export function parsePairs(option: string, pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const separator = pair.indexOf('=');
      if (separator < 1) {
        throw usageError(`${option} ${JSON.stringify(pair)} has no value`, `Write ${option} name=value.`);
      }
      return [pair.slice(0, separator), pair.slice(separator + 1)];
    }),
  );
}

/**
 * Secrets by name: `NAME=value`, or `NAME` alone for the environment variable of that name, which a process list doesn't show.
 * Throws for one that could not be kept out of the log, so that no run begins with it.
 */
export function parseSecrets(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const secrets = readSecrets(given, env);
  const unfit = checkSecrets(secrets);
  if (unfit !== undefined) throw new WaterflowFailure(unfit);
  return secrets;
}

function readSecrets(
  given: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((secret) => {
      const separator = secret.indexOf('=');
      if (separator > 0) return [secret.slice(0, separator), secret.slice(separator + 1)];
      if (separator === 0) throw usageError('--secret has no name', 'Write --secret NAME or --secret NAME=value.');
      const value = env[secret];
      if (value === undefined || value === '') {
        throw new WaterflowFailure({
          code: 'SECRET_MISSING',
          message: `the environment variable ${secret} is not set`,
          remedy: `Set ${secret} in the environment, or give --secret ${secret}=value.`,
        });
      }
      return [secret, value];
    }),
  );
}
