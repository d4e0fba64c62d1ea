import type { Selection } from './paths.ts';

/** What a key of the store may have; the agent's own bound. */
const longestStoreKey = 256;

/**
 * Where archives lie in the plugin's store: for each selection of paths and each branch keys of their own, so that nothing is put back that
 * another `path` kept, and so that a key's beginning is the stored key's beginning.
 */
export interface Shelf {
  keyOf(key: string): string;
  /** The user's key of a stored one. */
  readKey(stored: string): string;
}

/** The shelf of one branch. */
export function shelfOf(selection: Selection, branch: string): Shelf {
  const prefix = `${versionOf(selection)}/${encodeKey(branch).replaceAll('/', ':2f')}/`;
  return {
    keyOf(key) {
      const stored = prefix + encodeKey(key);
      if (stored.length > longestStoreKey) {
        throw new Error(
          `key: with its branch it is too long by ${stored.length - longestStoreKey} characters (others than letters, digits and . _ - / count threefold)`,
        );
      }
      return stored;
    },
    readKey: (stored) => decodeKey(stored.slice(prefix.length)),
  };
}

/** Each byte that a key of the store can't have as `:` and two digits: what begins alike does so afterwards, too. */
export function encodeKey(text: string): string {
  return Array.from(text.toWellFormed())
    .map((character) => (/^[A-Za-z0-9._/-]$/.test(character) ? character : encodedCharacter(character)))
    .join('');
}

/** {@link encodeKey} backwards. */
export function decodeKey(text: string): string {
  return decodeURIComponent(text.replace(/%/g, '%25').replace(/:([0-9a-f]{2})/g, '%$1'));
}

function encodedCharacter(character: string): string {
  const plain = encodeURIComponent(character);
  if (plain.startsWith('%')) return plain.toLowerCase().replaceAll('%', ':');
  // What a URL may hold as it is: ASCII.
  return `:${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}

/** 64 bits of FNV-1a (Fowler, Noll, Vo), which are enough to tell a tenant's selections apart: nobody gains by a clash of his own. */
function versionOf({ include, exclude }: Selection): string {
  const text = JSON.stringify([include, exclude]);
  let hash = 0xcbf29ce484222325n;
  for (const character of text) {
    // A string that is walked has characters.
    hash = BigInt.asUintN(64, (hash ^ BigInt(character.codePointAt(0) ?? 0)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}
