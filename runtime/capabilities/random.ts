import { ambientCapability, ambientOperation, noArguments } from './ambient.ts';
import type { CallScope, Capability } from './capability.ts';

/** Most random bytes of one call. */
export const maxRandomBytes = 65_536;

interface BytesArgs {
  readonly length: number;
}

/** Randomness of the agent's own generator, or where the policy says `deterministic` of one that is seeded by the step. */
export const randomCapability: Capability<never, undefined> = ambientCapability('random', 'get random bytes', {
  bytes: ambientOperation<BytesArgs>(
    {
      type: 'object',
      additionalProperties: false,
      required: ['length'],
      properties: { length: { type: 'integer', minimum: 0, maximum: maxRandomBytes } },
    },
    async (args, scope) => Buffer.from(randomOf(scope).bytes(args.length)).toString('base64'),
  ),
  uuid: ambientOperation(noArguments, async (_args, scope) => uuid(randomOf(scope).bytes(16))),
});

function randomOf(scope: CallScope): CallScope['random'] {
  return scope.deterministic?.random ?? scope.random;
}

/** A version 4 UUID (RFC 9562, section 5.4) of 16 random bytes. */
function uuid(random: Uint8Array): string {
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
