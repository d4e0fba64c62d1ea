import { Json } from './json';

// An object of what isn't left out: no text and no number but 0, no items, false and null are.
export class Fields {
  readonly json: Json = Json.object();

  text(key: string, text: string): Fields {
    if (text.length > 0) this.json.set(key, Json.of(text));
    return this;
  }

  number(key: string, number: f64): Fields {
    if (number != 0) this.json.set(key, Json.number(number));
    return this;
  }

  flag(key: string, flag: bool): Fields {
    if (flag) this.json.set(key, Json.flag(true));
    return this;
  }

  texts(key: string, texts: string[]): Fields {
    if (texts.length > 0) this.json.set(key, Json.texts(texts));
    return this;
  }

  pairs(key: string, pairs: Map<string, string>): Fields {
    const names = pairs.keys();
    const object = Json.object();
    for (let i = 0; i < names.length; i++) object.set(names[i], Json.of(pairs.get(names[i])));
    if (names.length > 0) this.json.set(key, object);
    return this;
  }

  value(key: string, value: Json | null): Fields {
    if (value !== null && !value.isNone()) this.json.set(key, value);
    return this;
  }

  items(key: string, items: Json[]): Fields {
    const list = Json.list();
    for (let i = 0; i < items.length; i++) list.add(items[i]);
    if (items.length > 0) this.json.set(key, list);
    return this;
  }
}

// The texts of a list.
export function textsOf(list: Json): string[] {
  const items = list.items();
  const texts = new Array<string>();
  for (let i = 0; i < items.length; i++) texts.push(items[i].asText());
  return texts;
}
