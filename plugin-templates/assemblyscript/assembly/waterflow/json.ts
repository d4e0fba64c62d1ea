import { parse } from './parse';

// What a JSON value is.
export enum Type {
  none,
  flag,
  number,
  text,
  list,
  object,
}

// A JSON value. Reading what isn't there gives null's stand-ins: '', 0, false, no items.
export class Json {
  private truth: bool = false;
  private amount: f64 = 0;
  private characters: string = '';
  private keys: string[] = [];
  private values: Json[] = [];

  constructor(public type: Type) {}

  // Reads JSON text; what is no JSON ends the run with an error that says where.
  static parse(text: string): Json {
    return parse(text);
  }

  // null.
  static none(): Json {
    return new Json(Type.none);
  }

  // A text.
  static of(text: string): Json {
    const json = new Json(Type.text);
    json.characters = text;
    return json;
  }

  // A number.
  static number(value: f64): Json {
    const json = new Json(Type.number);
    json.amount = value;
    return json;
  }

  // true or false.
  static flag(value: bool): Json {
    const json = new Json(Type.flag);
    json.truth = value;
    return json;
  }

  // A list; `add` adds to it.
  static list(): Json {
    return new Json(Type.list);
  }

  // A list of texts.
  static texts(texts: string[]): Json {
    const json = Json.list();
    for (let i = 0; i < texts.length; i++) json.add(Json.of(texts[i]));
    return json;
  }

  // An object; `set` adds to it.
  static object(): Json {
    return new Json(Type.object);
  }

  // Adds a member, or replaces the one of this name; gives the object again.
  set(key: string, value: Json): Json {
    const index = this.keys.indexOf(key);
    if (index >= 0) {
      this.values[index] = value;
    } else {
      this.keys.push(key);
      this.values.push(value);
    }
    return this;
  }

  // Adds an item; gives the list again.
  add(value: Json): Json {
    this.values.push(value);
    return this;
  }

  // Whether an object has a member.
  has(key: string): bool {
    return this.keys.indexOf(key) >= 0;
  }

  // A member; null where there is none.
  get(key: string): Json {
    const index = this.keys.indexOf(key);
    return index < 0 ? Json.none() : this.values[index];
  }

  // A member that is text, or ''.
  text(key: string): string {
    return this.get(key).asText();
  }

  // A member that is a number, or 0.
  number(key: string): f64 {
    return this.get(key).asNumber();
  }

  // A member that is true, or false.
  flag(key: string): bool {
    return this.get(key).asFlag();
  }

  // The names of an object's members.
  names(): string[] {
    return this.keys;
  }

  // The items of a list.
  items(): Json[] {
    return this.type == Type.list ? this.values : [];
  }

  asText(): string {
    return this.characters;
  }

  asNumber(): f64 {
    return this.amount;
  }

  asFlag(): bool {
    return this.truth;
  }

  isNone(): bool {
    return this.type == Type.none;
  }

  // JSON text.
  toString(): string {
    switch (this.type) {
      case Type.flag:
        return this.truth ? 'true' : 'false';
      case Type.number:
        return written(this.amount);
      case Type.text:
        return quote(this.characters);
      case Type.list: {
        const items = new Array<string>();
        for (let i = 0; i < this.values.length; i++) items.push(this.values[i].toString());
        return '[' + items.join(',') + ']';
      }
      case Type.object: {
        const members = new Array<string>();
        for (let i = 0; i < this.keys.length; i++) {
          members.push(quote(this.keys[i]) + ':' + this.values[i].toString());
        }
        return '{' + members.join(',') + '}';
      }
      default:
        return 'null';
    }
  }
}

// JSON has no way to write a number that is none, or infinite.
function written(value: f64): string {
  if (!isFinite(value)) return 'null';
  const isWhole = Math.trunc(value) == value && Math.abs(value) <= 9007199254740991;
  return isWhole ? i64(value).toString() : value.toString();
}

// Text as JSON writes it.
export function quote(text: string): string {
  const parts = new Array<string>();
  let from = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code != 0x22 && code != 0x5c) continue;
    parts.push(text.substring(from, i));
    parts.push(code < 0x20 ? '\\u' + code.toString(16).padStart(4, '0') : '\\' + text.charAt(i));
    from = i + 1;
  }
  parts.push(text.substring(from));
  return '"' + parts.join('') + '"';
}
