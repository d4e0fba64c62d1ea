/** A JSON value, the only data that crosses a process boundary or enters the journal. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. Keys are in the order in which they were written. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** True for a JSON object: neither an array, nor null, nor a scalar. */
export function isJsonObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** True for a JSON list. `Array.isArray` alone doesn't narrow to a readonly one. */
export function isJsonList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Equality of JSON values; the order of keys doesn't matter. */
export function sameJson(one: Json, other: Json): boolean {
  if (isJsonList(one) && isJsonList(other)) {
    return one.length === other.length && one.every((item, index) => sameJson(item, other[index] ?? null));
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return one === other;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key] ?? null, other[key] ?? null))
  );
}
