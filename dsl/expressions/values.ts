import * as data from '@actions/expressions/data/index';

import type { Json, JsonObject } from '../../schemas/index.ts';
import { numberToText, parseNumber } from './numbers.ts';
import { keyFinder } from './text.ts';

/** A value inside the evaluator of `@actions/expressions`. */
export type Value = data.ExpressionData;
/** The kinds by the names that GitHub gives them. */
export type KindName = 'String' | 'Number' | 'Boolean' | 'Null' | 'Array' | 'Object';

/** A text that becomes a number by the runner's rules; the library's own uses JavaScript's, where `0b11` is 3. */
class TextValue extends data.StringData {
  override number(): number {
    return parseNumber(this.value);
  }
}

/** A number that becomes text as .NET G15; the library's own uses `toFixed`. */
class NumberValue extends data.NumberData {
  override coerceString(): string {
    return numberToText(this.value);
  }
}

/**
 * An object over JSON, converted only where it is read. A child is converted once, so that an object equals itself. The
 * library's own (0.3.61) loses keys that are on JavaScript's Object.prototype, such as `constructor`.
 */
export class ObjectValue extends data.Dictionary {
  readonly json: JsonObject;
  readonly #children = new Map<string, Value>();
  readonly #findKey: (key: string) => string | undefined;

  constructor(json: JsonObject) {
    super();
    this.json = json;
    this.#findKey = keyFinder(json);
  }

  override get(key: string): Value | undefined {
    const own = this.#findKey(key);
    return own === undefined ? undefined : this.#child(own);
  }

  override values(): Value[] {
    return Object.keys(this.json).map((key) => this.#child(key));
  }

  override pairs(): { key: string; value: Value }[] {
    return Object.keys(this.json).map((key) => ({ key, value: this.#child(key) }));
  }

  #child(key: string): Value {
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const child = toValue(this.json[key]);
    this.#children.set(key, child);
    return child;
  }
}

/** An array over JSON, converted only where it is read. */
class ArrayValue extends data.Array {
  readonly json: readonly Json[];
  readonly #items: Value[] = [];

  constructor(json: readonly Json[]) {
    super();
    this.json = json;
  }

  override get(index: number): Value {
    this.#items[index] ??= toValue(this.json[index]);
    return this.#items[index];
  }

  override values(): Value[] {
    for (let index = 0; index < this.json.length; index += 1) this.get(index);
    return this.#items;
  }
}

/** True for a text, a number, a boolean and null. */
export function isPrimitive(value: Value): boolean {
  return value.primitive;
}

/** The items of an array, filtered ones included; undefined for anything else. */
export function itemsOf(value: Value): readonly Value[] | undefined {
  return value instanceof data.Array ? value.values() : undefined;
}

/** A String. */
export function textValue(text: string): Value {
  return new TextValue(text);
}

/** A Number. */
export function numberValue(number: number): Value {
  return new NumberValue(number);
}

/** A Boolean. */
export function booleanValue(boolean: boolean): Value {
  return new data.BooleanData(boolean);
}

/** The only Null. */
export function nullValue(): Value {
  return new data.Null();
}

/** JSON -> value, objects and arrays lazily. What isn't there is null. */
export function toValue(json: Json | undefined): Value {
  if (json === undefined || json === null) return nullValue();
  switch (typeof json) {
    case 'string':
      return textValue(json);
    case 'number':
      return numberValue(json);
    case 'boolean':
      return booleanValue(json);
    default:
      // Array.isArray doesn't narrow readonly arrays; what is no array here is an object.
      return Array.isArray(json) ? new ArrayValue(json) : new ObjectValue(json as JsonObject);
  }
}

/** Value -> JSON. */
export function toJson(value: Value): Json {
  if (value instanceof ObjectValue || value instanceof ArrayValue) return value.json;
  if (value instanceof data.StringData || value instanceof data.NumberData || value instanceof data.BooleanData) {
    return value.value;
  }
  // A filtered array: the only array that the library makes itself.
  if (value instanceof data.Array) return value.values().map(toJson);
  if (value instanceof data.Dictionary) {
    return Object.fromEntries(value.pairs().map(({ key, value: child }) => [key, toJson(child)]));
  }
  return null;
}

/** The name that messages and GitHub's documentation give the kind of a value. */
export function kindName(json: Json): KindName {
  if (json === null) return 'Null';
  switch (typeof json) {
    case 'string':
      return 'String';
    case 'number':
      return 'Number';
    case 'boolean':
      return 'Boolean';
    default:
      return Array.isArray(json) ? 'Array' : 'Object';
  }
}
