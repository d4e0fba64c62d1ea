import type { NetPowers } from '../net/powers.ts';

/** What ssh needs of the outside. */
export type SshPowers = Pick<NetPowers, 'lookup'>;
