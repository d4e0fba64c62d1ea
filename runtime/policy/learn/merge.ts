import { isJsonList, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { LearnedEntry } from './learn.ts';

/** Capabilities of whose entries the fields are lists that mean each of their items, whatever stands beside it. */
const lists: Readonly<Record<string, readonly string[]>> = {
  fs: ['read', 'write'],
  secrets: ['names'],
  store: ['keys'],
};

/** One entry for each capability whose entries are lists, so that a person has less to read. It allows no more. */
export function merged(entries: readonly LearnedEntry[]): readonly LearnedEntry[] {
  const found = new Map<string, LearnedEntry>();
  for (const learned of entries) {
    const { capability, entry, calls } = learned;
    const fields = Object.hasOwn(lists, capability) ? lists[capability] : undefined;
    const isMergeable = fields !== undefined && Object.keys(entry).every((key) => fields.includes(key));
    const key = isMergeable ? capability : `${capability} ${JSON.stringify(entry)}`;
    const before = found.get(key);
    found.set(
      key,
      before === undefined
        ? learned
        : { capability, entry: isMergeable ? joined(before.entry, entry) : entry, calls: before.calls + calls },
    );
  }
  return [...found.values()];
}

function joined(one: JsonObject, other: JsonObject): JsonObject {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])].sort();
  return Object.fromEntries(
    keys.map((key) => [key, [...new Set([...itemsOf(one[key]), ...itemsOf(other[key])])].sort()]),
  );
}

function itemsOf(value: Json | undefined): readonly string[] {
  const items = isJsonList(value) ? value : value === undefined ? [] : [value];
  return items.map(String);
}
