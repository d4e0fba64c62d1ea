import { isDeepStrictEqual } from 'node:util';
import type { JsonObject, WaterflowError } from '../../schemas/index.ts';
import { createRedactor, type Redactor } from '../redaction/index.ts';
import type { RunResources } from './run-resources.ts';

/** The secrets that a step's outputs are looked through for. */
export interface OutputSecrets {
  /** Of the whole run: every value that it has had, with its secret's name. */
  readonly values: RunResources['values'];
  /** Finds them. */
  readonly redactor: Redactor;
  /** Values that programs of this invocation were given: what they print may hold them, and is what a step outputs. */
  readonly givenToPrograms: () => readonly string[];
}

/**
 * A step's outputs without secrets. What a program was given is masked. Any other secret fails the step: a mask in its place
 * would come back to plugins, in a later step's input, and tell one that has no secret which of its guesses is one. `what` begins the message.
 */
export function withoutSecrets(
  outputs: JsonObject,
  { values, redactor, givenToPrograms }: OutputSecrets,
  what = 'the outputs hold',
): { readonly outputs: JsonObject } | { readonly error: WaterflowError } {
  if (!holdsSecrets(outputs, redactor)) return { outputs };
  const given = new Set(givenToPrograms());
  // An object stays an object.
  const masked = createRedactor(given).json(outputs) as JsonObject;
  const found = values.filter(([, value]) => !given.has(value) && holdsSecrets(masked, createRedactor([value])));
  if (found.length === 0) return { outputs: masked };
  const others = [...new Set(found.map(([name]) => `\`${name}\``))];
  const names = others.join(', ');
  return {
    error: {
      code: 'INVALID_OUTPUT',
      message: `${what} the value of ${others.length === 1 ? 'the secret' : 'the secrets'} ${names}`,
      remedy:
        'Output something else. Where that is there by chance, use a longer value: a secret is long and random, and a name or a short number is none.',
    },
  };
}

function holdsSecrets(outputs: JsonObject, redactor: Redactor): boolean {
  const redacted = redactor.json(outputs);
  // A run without secrets gets the outputs themselves back; text of a mebibyte takes 4 ms to write out twice.
  return redacted !== outputs && !isDeepStrictEqual(redacted, outputs);
}
