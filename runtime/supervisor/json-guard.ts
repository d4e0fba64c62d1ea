import type { Json } from '../../schemas/index.ts';
import { bufferOver } from '../sandbox-host/wire.ts';

/** Deeper JSON than this is no data but an attack on whatever walks it. */
const depthLimit = 100;
/** Keys of all objects. */
const keyLimit = 100_000;
/**
 * Those of them that differ. Each takes the agent some 8 microseconds, in which it does nothing else, from the parsing to the record (Node 24
 * on a common server): 95,000 of them 0.8 s, as many as these 0.17 s. 90,000 keys of which there are three take 0.12 s.
 */
const distinctKeyLimit = 20_000;
/** Keys of a call's arguments, of which a guest may send thousands. No capability takes as many. */
export const callKeyLimit = 20_000;

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const openBracket = 0x5b;
const openBrace = 0x7b;
const closeBracket = 0x5d;
const closeBrace = 0x7d;
/** Shorter than that a string ends sooner than a native search begins. */
const nearBytes = 32;

/** JSON that came out of a sandbox. `problem` where it is none, too deep, has too many keys, or a key `__proto__`. */
export type GuardedJson = { readonly value: Json } | { readonly problem: string };

/**
 * Parses JSON of an untrusted writer. Everything behind this may walk the value recursively and copy it by assignment:
 * depth, keys without end, and the key `__proto__`, which would change a prototype then, end here.
 */
export function parseUntrustedJson(bytes: Uint8Array, mostKeys: number = keyLimit): GuardedJson {
  const buffer = bufferOver(bytes);
  const problem = problemOfShape(buffer, mostKeys);
  if (problem !== undefined) return { problem };
  const text = buffer.toString();
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

/** Counts open brackets and keys outside of strings, without a stack and before anything is parsed. */
function problemOfShape(bytes: Buffer, mostKeys: number): string | undefined {
  let depth = 0;
  let keys = 0;
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const byte = bytes[index];
    if (byte === quote) index = endOfString(bytes, index);
    else if (byte === openBracket || byte === openBrace) {
      depth += 1;
      if (depth > depthLimit) return `it is nested deeper than ${depthLimit} levels`;
    } else if (byte === closeBracket || byte === closeBrace) depth -= 1;
    else if (byte === colon) {
      keys += 1;
      if (keys > mostKeys) return `its objects have more than ${mostKeys} keys`;
    }
  }
  return keys > distinctKeyLimit ? problemOfKeys(bytes) : undefined;
}

/** Only asked where there are many. A key that is written in two ways counts as two. */
function problemOfKeys(bytes: Buffer): string | undefined {
  const distinct = new Set<string>();
  let start = 0;
  let end = 0;
  for (let index = 0; index < bytes.byteLength; index += 1) {
    const byte = bytes[index];
    if (byte === quote) {
      start = index + 1;
      end = endOfString(bytes, index);
      index = end;
    } else if (byte === colon) {
      distinct.add(bytes.toString('latin1', start, end));
      if (distinct.size > distinctKeyLimit) return `its objects have more than ${distinctKeyLimit} different keys`;
    }
  }
  return undefined;
}

/**
 * Index of the quote that ends the string which begins at `start`; past the end where none does. Byte by byte while it is
 * short, as most are; what is long is searched natively, since most of a large value is a few long strings.
 */
function endOfString(bytes: Buffer, start: number): number {
  let index = start + 1;
  for (;;) {
    for (const near = Math.min(bytes.byteLength, index + nearBytes); index < near; index += 1) {
      const byte = bytes[index];
      if (byte === quote) return index;
      if (byte === backslash) index += 1;
    }
    const end = bytes.indexOf(quote, index);
    if (end === -1) return bytes.byteLength;
    let firstBackslash = end;
    while (firstBackslash > index && bytes[firstBackslash - 1] === backslash) firstBackslash -= 1;
    if ((end - firstBackslash) % 2 === 0) return end;
    index = end + 1;
  }
}

function hasPrototypeKey(value: Json): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasPrototypeKey);
}
