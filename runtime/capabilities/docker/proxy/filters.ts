import { isJsonObject, type Json } from '../../../../schemas/index.ts';
import { readJsonBody } from './json.ts';
import { denied, malformed } from './refusal.ts';

/** What a list is narrowed to; several values of one key are alternatives, but for labels. */
export interface Filters {
  values(key: string): readonly string[];
  matches(key: string, isIt: (wanted: string) => boolean): boolean;
}

/** Reads the parameter `filters`: `{"label": ["a=b"]}`, or `{"label": {"a=b": true}}` as older clients have it. */
export function readFilters(text: string | undefined, known: readonly string[]): Filters {
  const found = text === undefined || text === '' ? {} : readJsonBody(Buffer.from(text));
  const values = new Map<string, readonly string[]>();
  for (const [key, value] of Object.entries(found)) {
    if (!known.includes(key))
      throw denied(`the filter \`${key.slice(0, 100)}\` is not one that it knows`, 'Leave it out.');
    values.set(key, valuesOf(value));
  }
  const of = (key: string): readonly string[] => values.get(key) ?? [];
  return {
    values: of,
    matches: (key, isIt) => of(key).length === 0 || of(key).some(isIt),
  };
}

function valuesOf(value: Json): readonly string[] {
  const list = isJsonObject(value) ? Object.keys(value) : value;
  if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
  throw malformed('a filter is no list of texts');
}

/** Whether it has all labels that are asked for, `key` or `key=value`. */
export function matchesLabels(filters: Filters, labels: Readonly<Record<string, string>>): boolean {
  return filters.values('label').every((wanted) => {
    const at = wanted.indexOf('=');
    const key = at < 0 ? wanted : wanted.slice(0, at);
    return Object.hasOwn(labels, key) && (at < 0 || labels[key] === wanted.slice(at + 1));
  });
}
