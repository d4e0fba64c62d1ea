import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { keyFinder } from './text.ts';

/**
 * The least part of `contexts` that holds every path of `references`. Keys are found ignoring case, as expressions find
 * them, and keep their order; what isn't there stays away. Kept values are shared with `contexts`, not copied.
 */
export function sliceContexts(contexts: JsonObject, references: readonly (readonly string[])[]): JsonObject {
  const find = keyFinder(contexts);
  const wanted = new Map<string, (readonly string[])[]>();
  for (const [name, ...rest] of references) {
    const key = name === undefined ? undefined : find(name);
    if (key === undefined) continue;
    const paths = wanted.get(key);
    if (paths === undefined) wanted.set(key, [rest]);
    else paths.push(rest);
  }
  const entries: (readonly [string, Json])[] = [];
  for (const [key, value] of Object.entries(contexts)) {
    const paths = wanted.get(key);
    if (paths !== undefined) entries.push([key, partOf(value, paths)]);
  }
  return Object.fromEntries(entries);
}

/** Only objects are divided: an array, or a property of a scalar, needs the whole value to give the same result. */
function partOf(value: Json, paths: readonly (readonly string[])[]): Json {
  const isWhole = paths.some((path) => path.length === 0);
  return isWhole || !isJsonObject(value) ? value : sliceContexts(value, paths);
}
