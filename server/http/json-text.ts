import type { Json } from '../../schemas/index.ts';
import { createTurns } from '../turns.ts';
import { HttpProblem } from './problem.ts';

/** Deeper than any document of this API, and far from what recursive code overflows at. */
export const jsonDepth = 100;
/** Many times what a workflow's file with a thousand inputs has. Its memory and its time are bounded by it, whatever the size. */
export const mostJsonValues = 50_000;

/** Values between two looks at the clock. */
const valuesATime = 1_000;

/** What is wrong with a text as JSON, and at which UTF-16 code unit. */
interface Misfit {
  readonly at: number;
  readonly message: string;
  readonly remedy?: string;
}

/** The keys that an object has so far; a list has none. */
type Level = Set<string> | 'list';

/**
 * Reads a JSON text. It has to be I-JSON (RFC 7493), so that no two programs understand it differently: no key twice in an
 * object, no half surrogate pair, no number beyond a double's range. The key `__proto__`, which is dangerous to copy,
 * nesting beyond {@link jsonDepth} and more than {@link mostJsonValues} values are refused as well. Throws HttpProblem with line
 * and column: 400, and 422 for what is JSON and not accepted.
 */
export function readJson(text: string): Json {
  const turns = scan(text);
  while (turns.next().done !== true);
  // It was scanned just now: JSON.parse gives JSON.
  return JSON.parse(text) as Json;
}

/** As {@link readJson}, for texts of any size: others get their turn in between. */
export async function readJsonInTurns(text: string): Promise<Json> {
  const turn = createTurns();
  for (const _ of scan(text)) await turn();
  // As above; with so few values it is quick.
  return JSON.parse(text) as Json;
}

/** Goes over the text once, without recursion, and pauses now and then. Throws for the first thing that is wrong. */
function* scan(text: string): Generator<void, void, void> {
  try {
    yield* new Scanner(text).document();
  } catch (thrown) {
    throw thrown instanceof Stop ? invalidJson(text, thrown.misfit) : thrown;
  }
}

function invalidJson(text: string, { at, message, remedy }: Misfit): HttpProblem {
  let line = 1;
  let start = 0;
  // Unit by unit: a body may have millions of lines, and for each a list, or a search, would take its time.
  for (let index = 0; index < at; index += 1) {
    if (text.charCodeAt(index) !== 0x0a) continue;
    line += 1;
    start = index + 1;
  }
  const column = at - start + 1;
  // What isn't accepted has a remedy of its own.
  return new HttpProblem(remedy === undefined ? 400 : 422, {
    code: 'INVALID_INPUT',
    message: `the body is no JSON that is accepted here: ${message} at line ${line}, column ${column}`,
    remedy: remedy ?? 'Correct the body, or have a JSON library write it.',
    line,
    column,
  });
}

class Stop extends Error {
  readonly misfit: Misfit;

  constructor(misfit: Misfit) {
    super(misfit.message);
    this.misfit = misfit;
  }
}

const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/uy;
/** What stands for itself in a string. */
const plainForm = new RegExp(String.raw`[^"\\\u0000-\u001f]+`, 'y');
const words = ['true', 'false', 'null'];

class Scanner {
  readonly #text: string;
  readonly #levels: Level[] = [];
  #at = 0;
  #values = 0;

  constructor(text: string) {
    this.#text = text;
  }

  *document(): Generator<void, void, void> {
    // Each turn takes one value's beginning, and then every end that follows it.
    do {
      this.#space();
      this.#values += 1;
      if (this.#values > mostJsonValues) {
        throw this.#stop(`it has more than ${mostJsonValues} values`, 'Send less, or several requests.');
      }
      if (this.#values % valuesATime === 0) yield;
      if (this.#value()) this.#ends();
    } while (this.#levels.length > 0);
    this.#space();
    if (this.#at < this.#text.length) throw this.#unexpected();
  }

  /** True where the value is complete; false where it has members to come. */
  #value(): boolean {
    const character = this.#text[this.#at];
    if (character === '{') return this.#open(new Set());
    if (character === '[') return this.#open('list');
    if (character === '"') this.#string();
    else if (character === '-' || (character !== undefined && character >= '0' && character <= '9')) this.#number();
    else this.#word();
    return true;
  }

  #open(level: Level): boolean {
    if (this.#levels.length === jsonDepth) {
      throw this.#stop(`it is nested deeper than ${jsonDepth} levels`, 'Nest less deeply.');
    }
    this.#at += 1;
    this.#space();
    const end = level === 'list' ? ']' : '}';
    if (this.#text[this.#at] === end) {
      this.#at += 1;
      return true;
    }
    this.#levels.push(level);
    if (level !== 'list') this.#key(level);
    return false;
  }

  /** After a complete value: a comma, after which another comes, or the ends of what it stands in. */
  #ends(): void {
    for (;;) {
      const level = this.#levels.at(-1);
      if (level === undefined) return;
      this.#space();
      const character = this.#text[this.#at];
      if (character === ',') {
        this.#at += 1;
        this.#space();
        if (level !== 'list') this.#key(level);
        return;
      }
      if (character !== (level === 'list' ? ']' : '}')) throw this.#unexpected();
      this.#at += 1;
      this.#levels.pop();
    }
  }

  #key(keys: Set<string>): void {
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#unexpected();
    this.#string();
    const written = this.#text.slice(start, this.#at);
    // A JSON string, as was just seen.
    const key = written.includes('\\') ? (JSON.parse(written) as string) : written.slice(1, -1);
    if (key === '__proto__') throw stopAt(start, 'the key `__proto__` is not accepted', 'Use another name.');
    if (keys.has(key)) throw stopAt(start, `the key \`${shortened(key)}\` comes twice`, 'Leave one of them out.');
    keys.add(key);
    this.#space();
    if (this.#text[this.#at] !== ':') throw this.#unexpected();
    this.#at += 1;
  }

  #string(): void {
    const text = this.#text;
    this.#at += 1;
    for (;;) {
      plainForm.lastIndex = this.#at;
      if (plainForm.test(text)) this.#at = plainForm.lastIndex;
      const code = text.charCodeAt(this.#at);
      if (code === 0x22) break;
      if (code !== 0x5c) throw this.#unexpected();
      this.#escape();
      this.#at += 1;
    }
    this.#at += 1;
  }

  /** Leaves the scanner at the escape's last character. */
  #escape(): void {
    const start = this.#at;
    this.#at += 1;
    const character = this.#text[this.#at];
    if (character !== 'u') {
      if (character === undefined || !'"\\/bfnrt'.includes(character)) throw this.#unexpected();
      return;
    }
    const code = this.#hex();
    if (code < 0xd800 || code > 0xdfff) return;
    const halfPair = 'a half of a surrogate pair is no character';
    if (code > 0xdbff || !this.#text.startsWith('\\u', this.#at + 1)) throw stopAt(start, halfPair);
    this.#at += 2;
    const low = this.#hex();
    if (low < 0xdc00 || low > 0xdfff) throw stopAt(start, halfPair);
  }

  #hex(): number {
    let code = 0;
    for (let at = this.#at + 1; at <= this.#at + 4; at += 1) {
      const digit = hexDigit(this.#text.charCodeAt(at));
      if (digit === undefined) throw this.#stop('`\\u` needs four hexadecimal digits');
      code = code * 16 + digit;
    }
    this.#at += 4;
    return code;
  }

  #number(): void {
    numberForm.lastIndex = this.#at;
    const [found] = numberForm.exec(this.#text) ?? [];
    if (found === undefined) throw this.#unexpected();
    if (!Number.isFinite(Number(found))) throw this.#stop('the number is too large', 'Write it as a text.');
    this.#at += found.length;
  }

  #word(): void {
    const word = words.find((word) => this.#text.startsWith(word, this.#at));
    if (word === undefined) throw this.#unexpected();
    this.#at += word.length;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at += 1;
    }
  }

  #unexpected(): Stop {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return this.#stop('it ends too early');
    return this.#stop(`unexpected ${JSON.stringify(String.fromCodePoint(code))}`);
  }

  #stop(message: string, remedy?: string): Stop {
    return stopAt(this.#at, message, remedy);
  }
}

/** What a UTF-16 code unit stands for; a million of them may come in one body. */
function hexDigit(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  // `a` to `f`, of either case.
  const letter = code | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : undefined;
}

function stopAt(at: number, message: string, remedy?: string): Stop {
  return new Stop({ at, message, ...(remedy === undefined ? {} : { remedy }) });
}

function shortened(key: string): string {
  return key.length > 100 ? `${key.slice(0, 100)}…` : key;
}
