import type { Json } from '../../schemas/index.ts';
import { numberToText } from './numbers.ts';

/** Upper-casing these gives an ASCII letter, which .NET's ordinal comparisons don't. */
const keptPattern = /[ıſ]/;

/** GitHub's truthiness: null, false, 0, -0, NaN and '' are false; everything else is true, `[]` and `{}` included. */
export function isTruthy(value: Json): boolean {
  return Boolean(value);
}

/** GitHub's text of a value: null is '', numbers as .NET G15, arrays and objects are `Array` and `Object`. */
export function toText(value: Json): string {
  if (value === null) return '';
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberToText(value);
    case 'boolean':
      return String(value);
    default:
      return Array.isArray(value) ? 'Array' : 'Object';
  }
}

/**
 * The form in which texts are compared: each character upper-cased by itself, as .NET's OrdinalIgnoreCase does. A character
 * whose upper case is several (`ß`) stays, and so do `ı` and `ſ`, whose upper case is an ASCII letter.
 */
export function foldCase(text: string): string {
  // No character becomes shorter, so a text of the same length has none that becomes several.
  const upper = text.toUpperCase();
  if (upper.length === text.length && !keptPattern.test(text)) return upper;
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

function foldCharacter(character: string): string {
  const upper = character.toUpperCase();
  return upper.length === character.length && !keptPattern.test(character) ? upper : character;
}

/** Finds keys of one object ignoring case: the key itself where it is there, else the first that differs in case alone. */
export function keyFinder(object: object): (key: string) => string | undefined {
  let folded: ReadonlyMap<string, string> | undefined;
  return (key) => {
    if (Object.hasOwn(object, key)) return key;
    // Reversed, so that the first of several keys that differ only in case wins.
    folded ??= new Map(
      Object.keys(object)
        .reverse()
        .map((candidate) => [foldCase(candidate), candidate]),
    );
    return folded.get(foldCase(key));
  };
}

/** One look as with {@link keyFinder}, without a table of all keys. */
export function findKey(object: object, key: string): string | undefined {
  if (Object.hasOwn(object, key)) return key;
  const folded = foldCase(key);
  // Folding keeps the length.
  return Object.keys(object).find((candidate) => candidate.length === key.length && foldCase(candidate) === folded);
}
