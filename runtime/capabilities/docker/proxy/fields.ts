import { isJsonObject, type Json, type JsonObject } from '../../../../schemas/index.ts';
import { denied, malformed } from './refusal.ts';

/**
 * Reads an object of a request field by field. In the end each key has to have been looked at: one that nobody knows is refused, and so
 * is a known one that asks for what no grant has a word for.
 */
export class Fields {
  readonly #object: JsonObject;
  readonly #place: string;
  readonly #seen = new Set<string>();

  /** `place` is how messages call it: `HostConfig`; empty for the body itself. */
  constructor(object: Json | undefined, place: string) {
    if (object !== undefined && object !== null && !isJsonObject(object)) {
      throw malformed(`\`${place}\` is no object`);
    }
    this.#object = object ?? {};
    this.#place = place;
  }

  nameOf(key: string): string {
    return this.#place === '' ? key : `${this.#place}.${key}`;
  }

  /** Whatever it is, null and absent being the same. */
  take(key: string): Json | undefined {
    this.#seen.add(key);
    const value = Object.hasOwn(this.#object, key) ? this.#object[key] : undefined;
    return value === null ? undefined : value;
  }

  text(key: string): string {
    const value = this.take(key) ?? '';
    if (typeof value !== 'string') throw malformed(`\`${this.nameOf(key)}\` is no text`);
    return value;
  }

  /** Undefined for 0 too: that is how clients say none. */
  integer(key: string): number | undefined {
    const value = this.take(key) ?? 0;
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
      throw malformed(`\`${this.nameOf(key)}\` is no whole number`);
    }
    return value === 0 ? undefined : value;
  }

  flag(key: string): boolean {
    const value = this.take(key) ?? false;
    if (typeof value !== 'boolean') throw malformed(`\`${this.nameOf(key)}\` is neither true nor false`);
    return value;
  }

  list(key: string): readonly Json[] | undefined {
    const value = this.take(key);
    if (value === undefined || Array.isArray(value)) return value;
    throw malformed(`\`${this.nameOf(key)}\` is no list`);
  }

  texts(key: string): readonly string[] | undefined {
    const list = this.list(key);
    const texts = list?.filter((item) => typeof item === 'string');
    if (texts?.length !== list?.length) throw malformed(`\`${this.nameOf(key)}\` is no list of texts`);
    return texts;
  }

  /** Names to texts. */
  pairs(key: string): Readonly<Record<string, string>> {
    const pairs: Record<string, string> = {};
    for (const [name, value] of Object.entries(this.object(key))) {
      if (typeof value !== 'string') throw malformed(`\`${this.nameOf(key)}.${name}\` is no text`);
      pairs[name] = value;
    }
    return pairs;
  }

  object(key: string): JsonObject {
    const value = this.take(key) ?? {};
    if (!isJsonObject(value)) throw malformed(`\`${this.nameOf(key)}\` is no object`);
    return value;
  }

  /** A field that may be one of these, or say nothing at all. */
  oneOf(key: string, values: readonly Json[], remedy: string): void {
    const value = this.take(key);
    if (holdsNothing(value) || values.some((allowed) => allowed === value)) return;
    throw denied(`\`${this.nameOf(key)}\` can't be ${shown(value)}`, remedy);
  }

  /** A list in which nothing but these stands. */
  each(key: string, values: readonly string[]): void {
    const wrong = this.texts(key)?.find((value) => !values.includes(value));
    if (wrong !== undefined) throw denied(`\`${this.nameOf(key)}\` has \`${wrong.slice(0, 200)}\``, 'Leave it out.');
  }

  /** A field whose empty list is not the same as none. */
  absent(key: string): void {
    if (this.take(key) !== undefined) throw denied(`\`${this.nameOf(key)}\` is given`, 'Leave it out.');
  }

  /** An object within, to be read in the same way. */
  fields(key: string): Fields {
    return new Fields(this.take(key), this.nameOf(key));
  }

  /** Known fields that have to say nothing. */
  idle(...keys: readonly string[]): void {
    for (const key of keys) this.oneOf(key, [], `Leave it out.`);
  }

  /** Whatever was not looked at is unknown. */
  done(): void {
    const unknown = Object.keys(this.#object).find((key) => !this.#seen.has(key));
    if (unknown !== undefined) {
      throw denied(`\`${this.nameOf(unknown).slice(0, 200)}\` is not a field that it knows`, 'Leave it out.');
    }
  }
}

/** What clients write for a field that they don't use. */
export function holdsNothing(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.values(value).every(holdsNothing);
}

function shown(value: Json | undefined): string {
  return `\`${(JSON.stringify(value) ?? '').slice(0, 200)}\``;
}
