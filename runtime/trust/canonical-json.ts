import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';

/**
 * A value as the one text that stands for it, after RFC 8785: no white space, keys sorted by UTF-16 code units. Only what has one
 * form there and in every language: whole numbers that are safe, texts without lone surrogates. Throws TypeError for others.
 */
export function canonicalJson(value: Json): string {
  if (isJsonList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isJsonObject(value)) {
    const members = Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, item]) => `${scalar(key)}:${canonicalJson(item)}`);
    return `{${members.join(',')}}`;
  }
  return scalar(value);
}

function scalar(value: null | boolean | number | string): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${value} is no whole number that every language can hold`);
  }
  if (typeof value === 'string' && !value.isWellFormed()) throw new TypeError('a text holds half a character');
  return JSON.stringify(value);
}
