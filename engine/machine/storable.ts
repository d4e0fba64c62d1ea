import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer values, in characters of their JSON, are cut where they only explain something. */
const longestExplanation = 1000;

/**
 * A result of an expression as a state can keep it: JSON has no NaN and no Infinity, so they become the texts that GitHub writes
 * for them, which count as the same numbers again. Everything else stays the same object.
 */
export function storable(value: Json): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value);
  if (isJsonList(value)) {
    const items = value.map(storable);
    return items.every((item, index) => Object.is(item, value[index])) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, storable(item)] as const);
  return entries.every(([key, item]) => Object.is(item, value[key])) ? value : Object.fromEntries(entries);
}

/** True where a value nests deeper than `levels`, which is as far as this looks: deep data overflows the stack of JSON.stringify. */
export function nestsDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((item: Json) => nestsDeeper(item, levels - 1));
}

/** A value that explains a decision: a long one as the beginning of its JSON, since each decision would keep it again. */
export function explaining(value: Json): Json {
  const kept = storable(value);
  const text = JSON.stringify(kept);
  return text.length <= longestExplanation ? kept : `${text.slice(0, longestExplanation - 1)}…`;
}
