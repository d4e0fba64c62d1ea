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
