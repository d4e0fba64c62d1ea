import type { Json } from '../../schemas/index.ts';

/** Deeper JSON than this is no data but an attack on whatever walks it. */
const depthLimit = 100;

const quote = 0x22;
const backslash = 0x5c;
const openBrackets: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closeBrackets: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** JSON that came out of a sandbox. Undefined, or rather `problem`, where it is none, too deep, or has a key `__proto__`. */
export type GuardedJson = { readonly value: Json } | { readonly problem: string };

/**
 * Parses JSON of an untrusted writer. Everything behind this may walk the value recursively and copy it by assignment:
 * depth and the key `__proto__`, which would change a prototype then, end here.
 */
export function parseUntrustedJson(bytes: Uint8Array): GuardedJson {
  const deep = isDeep(bytes);
  if (deep) return { problem: `it is nested deeper than ${depthLimit} levels` };
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: 'it is no JSON' };
  }
  // The key may be written with escapes, so text alone doesn't tell; it is only a reason to look closer.
  const mayHoldKey = text.includes('__proto__') || text.includes('\\u');
  if (mayHoldKey && hasPrototypeKey(value)) return { problem: 'it has a key `__proto__`' };
  return { value };
}

/** Counts open brackets outside of strings, without a stack. */
function isDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === quote) index = endOfString(bytes, index);
    else if (openBrackets.has(byte)) {
      depth += 1;
      if (depth > depthLimit) return true;
    } else if (closeBrackets.has(byte)) depth -= 1;
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`; past the end where none does. Most of a large value is strings. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let end = bytes.indexOf(quote, start + 1); end !== -1; end = bytes.indexOf(quote, end + 1)) {
    let backslashes = 0;
    while (bytes[end - 1 - backslashes] === backslash) backslashes += 1;
    if (backslashes % 2 === 0) return end;
  }
  return bytes.byteLength;
}

function hasPrototypeKey(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
