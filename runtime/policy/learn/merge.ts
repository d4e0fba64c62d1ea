import { isJsonList, type Json, type JsonObject } from '../../../schemas/index.ts';
import type { LearnedEntry } from './learn.ts';

/** Capabilities of whose entries the fields are lists that mean each of their items, whatever stands beside it. */
const lists: Readonly<Record<string, readonly string[]>> = {
  env: ['names'],
  fs: ['read', 'write'],
  secrets: ['names'],
  store: ['keys'],
};

/**
 * What other entries give to a call beyond letting it happen. Of entries that differ in nothing else only one would hold, the
 * widest: a call that needs what the other gives would be refused. So they are one, with what both give.
 */
const given: readonly string[] = ['egress', 'env', 'headers', 'private', 'secrets'];

/** As few entries as can be, so that a person has less to read and that each of the calls is allowed again. */
export function merged(entries: readonly LearnedEntry[]): readonly LearnedEntry[] {
  const found = new Map<string, LearnedEntry>();
  for (const learned of entries) {
    const { capability, entry, calls } = learned;
    const fields = Object.hasOwn(lists, capability) ? lists[capability] : undefined;
    const joinable = fields !== undefined && Object.keys(entry).every((key) => fields.includes(key)) ? fields : given;
    const key = `${capability} ${JSON.stringify(Object.entries(entry).filter(([field]) => !joinable.includes(field)))}`;
    const before = found.get(key);
    found.set(
      key,
      before === undefined
        ? learned
        : { capability, entry: joined(before.entry, entry, joinable), calls: before.calls + calls },
    );
  }
  return [...found.values()];
}

function joined(one: JsonObject, other: JsonObject, fields: readonly string[]): JsonObject {
  const keys = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    keys.map((key) => {
      if (!fields.includes(key) || typeof (one[key] ?? other[key]) === 'boolean') return [key, one[key] ?? other[key]];
      return [key, [...new Set([...itemsOf(one[key]), ...itemsOf(other[key])])].sort()];
    }),
  ) as JsonObject; // Each value is one of theirs, or a list of texts.
}

function itemsOf(value: Json | undefined): readonly string[] {
  const items = isJsonList(value) ? value : value === undefined ? [] : [value];
  return items.map(String);
}
