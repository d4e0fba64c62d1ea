import { randomBytes } from 'node:crypto';

/** What ids begin with: API keys, schedules, webhooks, requests. Runs have theirs from storage/run-id.ts. */
export type IdPrefix = 'key' | 'sch' | 'whk' | 'req';

/** Crockford's base 32 (https://www.crockford.com/base32.html). */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
/** 48 bits of milliseconds reach past the year 10000. */
const timeDigits = 10;
/** 80 bits. */
const randomDigits = 16;

/** What making an id needs: the time in ms since the epoch, and unguessable bytes. */
export interface IdPowers {
  readonly now: () => number;
  readonly randomBytes: (length: number) => Uint8Array;
}

const ambient: IdPowers = { now: Date.now, randomBytes };

/** A new id: `key_`, 10 digits of milliseconds and 16 random ones. Ids of different milliseconds sort by their time. */
export function newId(prefix: IdPrefix, powers: IdPowers = ambient): string {
  const time = BigInt(Math.max(0, Math.floor(powers.now())));
  const random = powers.randomBytes(10).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return `${prefix}_${toDigits(time, timeDigits)}${toDigits(random, randomDigits)}`;
}

function toDigits(value: bigint, length: number): string {
  let text = '';
  for (let position = length - 1; position >= 0; position -= 1) {
    text += digits.charAt(Number((value >> BigInt(position * 5)) & 31n));
  }
  return text;
}
