import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';
import { type Place, type PlacedValue, replaced, valuesIn } from './places.ts';

/** An entry that allows less, and what it has in the place of what. */
export interface Narrower {
  readonly place: Place;
  /** What stands there now. */
  readonly instead: string;
  readonly entry: JsonObject;
}

/** What holds a plugin back, says why, or has no narrower form that could be written: a secret is known by its name only. */
const leftOut: ReadonlySet<string> = new Set([
  'reason',
  'limits',
  'quota',
  'sha256',
  'secrets',
  'url-secrets',
  'archives',
]);
const expression = /\$\{\{.*?\}\}/gs;

/** The places of an entry at which a pattern stands: `*` in a text, `any`, or an argument of some sort. */
export function patternsIn(entry: JsonObject): readonly PlacedValue[] {
  return Object.entries(entry)
    .filter(([field]) => !leftOut.has(field))
    .flatMap(([field, value]) => valuesIn(value, [field]))
    .filter(({ value }) => isPattern(value));
}

function isPattern(value: Json): boolean {
  if (typeof value === 'string') return value === 'any' || value.replaceAll(expression, '').includes('*');
  return isJsonObject(value) && (value['pattern'] !== undefined || (value['type'] ?? 'file') !== 'file');
}

/** Patterns written for fewer: a folder's own name for all that is in it, the names in it for what is at any depth, an argument that isn't optional. */
export function shorterPatterns(entry: JsonObject): readonly Narrower[] {
  const texts = patternsIn(entry).flatMap(({ place, value }) =>
    typeof value === 'string' ? shorter(place, value) : [],
  );
  const needed = valuesIn(entry).flatMap(({ place, value }) => {
    if (!isJsonObject(value) || value['optional'] !== true) return [];
    const { optional: _optional, ...rest } = value;
    return [{ place, values: [rest], instead: 'never left out' }];
  });
  return [...texts, ...needed].map(({ place, values, instead }) => ({
    place,
    instead,
    entry: replaced(entry, place, values),
  }));
}

function shorter(
  place: Place,
  text: string,
): readonly { readonly place: Place; readonly values: readonly string[]; readonly instead: string }[] {
  const [, folder] = /^(.*)\/\*\*$/s.exec(text) ?? [];
  const [, start] = /^(.+[^*/])\*$/s.exec(text) ?? [];
  const ways =
    folder !== undefined
      ? // A URL is one text, where a path may be several.
        [[folder], [`${folder}/*`], ...(place[0] === 'url' ? [] : [[folder, `${folder}/*`]])]
      : start === undefined
        ? text === '**'
          ? [['*']]
          : []
        : [[start]];
  return ways.map((values) => ({ place, values, instead: values.join(' and ') }));
}
