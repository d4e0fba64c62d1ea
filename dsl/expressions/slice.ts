import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { findKey } from './text.ts';

/** What is wanted of an object: all of it, or some of its properties. */
type Wanted = 'all' | Map<string, Wanted>;

/**
 * The least part of `contexts` that holds every path of `references`. Keys are found ignoring case, as expressions find
 * them, and keep their order; what isn't there stays away. Kept values are shared with `contexts`, not copied.
 */
export function sliceContexts(contexts: JsonObject, references: readonly (readonly string[])[]): JsonObject {
  const wanted = new Map<string, Wanted>();
  for (const path of references) if (path.length > 0) want({ wanted, object: contexts, path });
  return pick(contexts, wanted);
}

function want(request: { wanted: Map<string, Wanted>; object: JsonObject; path: readonly string[] }): void {
  const [name = '', ...rest] = request.path;
  const key = findKey(request.object, name);
  if (key === undefined) return;
  const value = request.object[key];
  const known = request.wanted.get(key);
  if (known === 'all') return;
  // Only objects are divided: an array, or a property of a scalar, needs the whole value to give the same result.
  if (rest.length === 0 || !isJsonObject(value)) {
    request.wanted.set(key, 'all');
    return;
  }
  const inner = known ?? new Map<string, Wanted>();
  request.wanted.set(key, inner);
  want({ wanted: inner, object: value, path: rest });
}

function pick(object: JsonObject, wanted: ReadonlyMap<string, Wanted>): JsonObject {
  const entries: (readonly [string, Json])[] = [];
  for (const [key, value] of Object.entries(object)) {
    const part = wanted.get(key);
    if (part === undefined) continue;
    entries.push([key, part === 'all' || !isJsonObject(value) ? value : pick(value, part)]);
  }
  return Object.fromEntries(entries);
}
