import { isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';

/** Where something stands in an entry: `['args', 3, 'enum', 0]`. */
export type Place = readonly (string | number)[];

/** A value of an entry, and where it stands. */
export interface PlacedValue {
  readonly place: Place;
  readonly value: Json;
}

/** Every value of an entry, at any depth, from the outside in. */
export function valuesIn(value: Json, place: Place = []): readonly PlacedValue[] {
  const items: readonly (readonly [string | number, Json])[] = Array.isArray(value)
    ? value.map((item: Json, index) => [index, item] as const)
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return [{ place, value }, ...items.flatMap(([key, item]) => valuesIn(item, [...place, key]))];
}

/** A copy of the entry with something else at that place; several values there take one item's place in its list. */
export function replaced(entry: JsonObject, place: Place, values: readonly Json[]): JsonObject {
  const copy = structuredClone(entry);
  const last = place.at(-1);
  let parent: Json = copy;
  // The place was found in this very entry.
  for (const part of place.slice(0, -1)) parent = (parent as Record<string | number, Json>)[part] as Json;
  if (Array.isArray(parent)) parent.splice(Number(last), 1, ...values);
  else Object.assign(parent as object, { [String(last)]: values.length === 1 ? values[0] : values });
  return copy;
}

/** `exec[1].args[6]`. */
export function placeText(entry: string, place: Place): string {
  return `${entry}${place.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}`;
}
