import type { SecretVault } from './capability.ts';

/**
 * Puts placeholders back in the place of secret values, in bytes on their way to the guest: a server may echo a header, a
 * program may print its environment. Best effort: a value that comes back in another form is not recognized, which is why
 * a secret is only ever given to what a grant trusts with it.
 */
export function veil(bytes: Uint8Array, vault: SecretVault, used: readonly string[]): Buffer {
  let result: Buffer = Buffer.from(bytes);
  for (const name of used) {
    const placeholder = vault.placeholder(name);
    if (placeholder === undefined) continue;
    const value = Buffer.from(vault.reveal(placeholder, [name]).text);
    result = replaceBytes(result, value, Buffer.from(placeholder));
  }
  return result;
}

/** {@link veil} for text. */
export function veilText(text: string, vault: SecretVault, used: readonly string[]): string {
  return used.length === 0 ? text : veil(Buffer.from(text), vault, used).toString();
}

/** Puts `replacement` in each place where `value` stands. */
export function replaceBytes(bytes: Buffer, value: Buffer, replacement: Buffer): Buffer {
  if (value.length === 0) return bytes;
  const parts: Buffer[] = [];
  let start = 0;
  for (let at = bytes.indexOf(value); at >= 0; at = bytes.indexOf(value, start)) {
    parts.push(bytes.subarray(start, at), replacement);
    start = at + value.length;
  }
  return parts.length === 0 ? bytes : Buffer.concat([...parts, bytes.subarray(start)]);
}
