import { randomBytes } from 'node:crypto';
import { digitsOf, toInteger } from '../storage/id-digits.ts';

/** What ids begin with: API keys, schedules, webhooks, requests. Runs have theirs from storage/run-id.ts. */
export type IdPrefix = 'key' | 'sch' | 'whk' | 'req';

/** What making an id needs: the time in ms since the epoch, and unguessable bytes. */
export interface IdPowers {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const ambient: IdPowers = { now: Date.now, randomBytes };

/** A new id: `key_`, 10 digits of milliseconds and 16 random ones. Ids of different milliseconds sort by their time. */
export function newId(prefix: IdPrefix, powers: IdPowers = ambient): string {
  const time = BigInt(Math.max(0, Math.floor(powers.now())));
  return `${prefix}_${digitsOf(time, toInteger(powers.randomBytes(10)))}`;
}
