import type { Json, JsonObject } from '../../../schemas/index.ts';

/** A number, a hash, a UUID: what the next run will call otherwise. Short words of hexadecimal letters are words. */
const id = /^(?:[0-9]+|[0-9a-f]{7,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** The entry with a `*` for each part of its paths that is an id. Hosts, queries and arguments stay as they are. */
export function generalized(capability: string, entry: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(entry).map(([key, value]) => {
      if (capability === 'net' && key === 'url' && typeof value === 'string') return [key, generalizedUrl(value)];
      if (capability === 'fs' && (key === 'read' || key === 'write')) return [key, generalizedPaths(value)];
      return [key, value];
    }),
  );
}

function generalizedUrl(url: string): string {
  const [, origin = '', path = '', rest = ''] = /^(https?:\/\/[^/?]*)([^?]*)(.*)$/s.exec(url) ?? [];
  return `${origin}${generalizedPath(path)}${rest}`;
}

function generalizedPaths(value: Json): Json {
  if (typeof value === 'string') return generalizedPath(value);
  return Array.isArray(value) ? value.map((item: Json) => generalizedPaths(item)) : value;
}

function generalizedPath(path: string): string {
  return path
    .split('/')
    .map((part) => (id.test(part) ? '*' : part))
    .join('/');
}
