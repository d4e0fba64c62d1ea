import type { Json } from '../../schemas/index.ts';
import { numberToText } from './numbers.ts';

const asciiPattern = /^\p{ASCII}*$/u;

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
  if (asciiPattern.test(text)) return text.toUpperCase();
  let folded = '';
  for (const character of text) folded += foldCharacter(character);
  return folded;
}

function foldCharacter(character: string): string {
  const upper = character.toUpperCase();
  if (upper.length !== character.length) return character;
  return asciiPattern.test(upper) && !asciiPattern.test(character) ? character : upper;
}

/** The key of `object` that `key` names: itself where it is there, else the first that differs only in letter case. */
export function findKey(object: object, key: string): string | undefined {
  if (Object.hasOwn(object, key)) return key;
  const folded = foldCase(key);
  return Object.keys(object).find((candidate) => foldCase(candidate) === folded);
}
