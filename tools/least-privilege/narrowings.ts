import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** One thing fewer that a manifest asks for. */
export interface Narrowing {
  /** Where it is: `net[0]`, `net[0].methods[2]`, `exec[1].secrets`. */
  readonly what: string;
  /** The permissions without it. */
  readonly permissions: JsonObject;
}

/** What says what an entry is about, which is none without it. */
const subjects: ReadonlySet<string> = new Set(['url', 'command', 'images', 'host', 'keys', 'args']);
/** What says why, or holds the plugin back: without these it may do more, or as much. */
const bounds: ReadonlySet<string> = new Set(['reason', 'limits', 'quota', 'sha256']);

/** Every entry, every further property of one, every item of a list that has several, and what arguments may be, each left out for itself. */
export function narrowingsOf(permissions: JsonObject): readonly Narrowing[] {
  return Object.entries(permissions).flatMap(([capability, entries]) => {
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((entry: Json, index) => {
      const place = [capability, index];
      const parts = isJsonObject(entry) ? partsOf(entry).map((part) => [...place, ...part]) : [];
      return [place, ...parts].map((path) => ({ what: written(path), permissions: without(permissions, path) }));
    });
  });
}

type Path = readonly (string | number)[];

function partsOf(entry: JsonObject): readonly Path[] {
  return Object.entries(entry).flatMap(([name, value]): readonly Path[] => {
    if (bounds.has(name) || value === false) return [];
    // Without it a program is confined, which it is anyway where it says so.
    if (name === 'profile') return value === 'host' ? [[name]] : [];
    if (name === 'args') return Array.isArray(value) ? argumentsOf(value, [name]) : [];
    const whole: readonly Path[] = subjects.has(name) ? [] : [[name]];
    return [...whole, ...itemsOf(value, [name])];
  });
}

/** Arguments that may be left out or come again, at any depth, and values of which there are several; without another argument the command is another. */
function argumentsOf(items: readonly Json[], path: Path): readonly Path[] {
  return items.flatMap((item: Json, index): readonly Path[] => {
    if (!isJsonObject(item)) return [];
    const at = [...path, index];
    return [
      ...(item['optional'] === true ? [at] : []),
      ...(item['repeat'] === true ? [[...at, 'repeat']] : []),
      ...itemsOf(item['enum'], [...at, 'enum']),
      ...(Array.isArray(item['group']) ? argumentsOf(item['group'], [...at, 'group']) : []),
    ];
  });
}

/** Each of several. */
function itemsOf(value: Json | undefined, path: Path): readonly Path[] {
  return Array.isArray(value) && value.length > 1 ? value.map((_, index) => [...path, index]) : [];
}

function written([capability, index, ...rest]: Path): string {
  const parts = rest.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`));
  return `${capability}[${index}]${parts.join('')}`;
}

/** A copy without what is at that place; a capability that has nothing left is gone, too. */
function without(value: JsonObject, path: Path): JsonObject {
  const copy = structuredClone(value);
  const last = path.at(-1);
  let parent: Json = copy;
  // The path was made of this very value.
  for (const part of path.slice(0, -1)) parent = (parent as Record<string | number, Json>)[part] as Json;
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else Reflect.deleteProperty(parent as object, String(last));
  return Object.fromEntries(
    Object.entries(copy).filter(([, entries]) => !Array.isArray(entries) || entries.length > 0),
  );
}
