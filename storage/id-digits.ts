/** Crockford's base 32 (https://www.crockford.com/base32.html). */
const digits = '0123456789abcdefghjkmnpqrstvwxyz';
/** 48 bits of milliseconds reach past the year 10000. */
const timeDigits = 10;
/** 80 bits. */
const randomDigits = 16;

/** What ids have after their prefix: 10 digits of milliseconds since the epoch, and 16 of 80 random bits. */
export function digitsOf(time: bigint, random: bigint): string {
  return `${toDigits(time, timeDigits)}${toDigits(random, randomDigits)}`;
}

/** Bytes as a number, the first one the highest. */
export function toInteger(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function toDigits(value: bigint, length: number): string {
  let text = '';
  for (let position = length - 1; position >= 0; position -= 1) {
    text += digits.charAt(Number((value >> BigInt(position * 5)) & 31n));
  }
  return text;
}
