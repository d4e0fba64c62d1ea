import { Json } from './json';

// As deep as values may lie in each other: what is nested deeper is refused before the stack is used up.
const mostLevels = 200;

// Reads JSON text; what is none aborts, with the place.
export function parse(text: string): Json {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.skipSpace();
  if (parser.at < text.length) parser.refuse('there is more behind the value');
  return value;
}

class Parser {
  at: i32 = 0;

  constructor(private text: string) {}

  value(level: i32): Json {
    if (level > mostLevels) this.refuse('it is nested too deeply');
    this.skipSpace();
    switch (this.peek()) {
      case 0x7b:
        return this.object(level);
      case 0x5b:
        return this.list(level);
      case 0x22:
        return Json.of(this.string());
      case 0x74:
        return this.word('true', Json.flag(true));
      case 0x66:
        return this.word('false', Json.flag(false));
      case 0x6e:
        return this.word('null', Json.none());
      default:
        return this.number();
    }
  }

  refuse(what: string): void {
    throw new Error('no JSON at ' + this.at.toString() + ': ' + what);
  }

  skipSpace(): void {
    for (;;) {
      const code = this.peek();
      if (code != 0x20 && code != 0x09 && code != 0x0a && code != 0x0d) return;
      this.at++;
    }
  }

  private object(level: i32): Json {
    const object = Json.object();
    this.at++;
    while (!this.ends(0x7d)) {
      if (object.names().length > 0) this.expect(0x2c);
      this.skipSpace();
      const key = this.string();
      this.expect(0x3a);
      object.set(key, this.value(level + 1));
    }
    return object;
  }

  private list(level: i32): Json {
    const list = Json.list();
    this.at++;
    while (!this.ends(0x5d)) {
      if (list.items().length > 0) this.expect(0x2c);
      list.add(this.value(level + 1));
    }
    return list;
  }

  private string(): string {
    if (this.peek() != 0x22) this.refuse('a text is missing');
    const parts = new Array<string>();
    let from = ++this.at;
    while (this.peek() != 0x22) {
      const code = this.peek();
      if (code < 0x20) this.refuse("a text doesn't end");
      this.at++;
      if (code != 0x5c) continue;
      parts.push(this.text.substring(from, this.at - 1));
      parts.push(this.escaped());
      from = this.at;
    }
    parts.push(this.text.substring(from, this.at++));
    return parts.join('');
  }

  private escaped(): string {
    switch (this.text.charCodeAt(this.at++)) {
      case 0x22:
        return '"';
      case 0x5c:
        return '\\';
      case 0x2f:
        return '/';
      case 0x62:
        return '\b';
      case 0x66:
        return '\f';
      case 0x6e:
        return '\n';
      case 0x72:
        return '\r';
      case 0x74:
        return '\t';
      case 0x75:
        return this.unicode();
      default:
        this.refuse("an escape that JSON doesn't have");
        return '';
    }
  }

  private unicode(): string {
    let unit = 0;
    for (let i = 0; i < 4; i++) {
      const code = this.peek() | 0x20;
      const isDigit = code >= 0x30 && code <= 0x39;
      if (!isDigit && (code < 0x61 || code > 0x66)) this.refuse('an escape without four hex digits');
      unit = unit * 16 + (isDigit ? code - 0x30 : code - 0x57);
      this.at++;
    }
    return String.fromCharCode(unit);
  }

  private number(): Json {
    const start = this.at;
    for (;;) {
      const code = this.peek();
      const isPart = (code >= 0x30 && code <= 0x39) || code == 0x2b || code == 0x2d || code == 0x2e || (code | 0x20) == 0x65;
      if (!isPart) break;
      this.at++;
    }
    const value = parseFloat(this.text.substring(start, this.at));
    if (isNaN(value)) this.refuse('a value is missing');
    return Json.number(value);
  }

  private word(word: string, value: Json): Json {
    if (!this.text.startsWith(word, this.at)) this.refuse('a value is missing');
    this.at += word.length;
    return value;
  }

  private ends(code: i32): bool {
    this.skipSpace();
    if (this.peek() != code) return false;
    this.at++;
    return true;
  }

  private expect(code: i32): void {
    if (!this.ends(code)) this.refuse('`' + String.fromCharCode(code) + '` is missing');
  }

  // The next code unit; -1 at the end.
  private peek(): i32 {
    return this.at < this.text.length ? this.text.charCodeAt(this.at) : -1;
  }
}
