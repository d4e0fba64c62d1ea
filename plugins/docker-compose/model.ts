/** What a file comes to, as `config` prints it: mappings, lists and texts. */
export type Value = string | number | boolean | null | readonly Value[] | Mapping;
export interface Mapping {
  readonly [key: string]: Value | undefined;
}

export function isMapping(value: Value | undefined): value is Mapping {
  return typeof value === 'object' && value !== null && !isList(value);
}

/** `Array.isArray` alone doesn't narrow to a readonly one. */
export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** What Compose v2 prints by `config --format json`, or docker-compose 1.29 by `config`. */
export function readModel(text: string, format: 'json' | 'blocks'): Mapping {
  const value = format === 'json' ? (JSON.parse(text) as Value) : readBlocks(text);
  return isMapping(value) ? value : {};
}

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** A key, plain or quoted, and what follows it. A colon within a value has no space after it where it isn't quoted. */
const keyForm = /^('(?:[^']|'')*'|"(?:[^"\\]|\\.)*"|[^\s'"[{][^]*?):(?: +|$)(.*)$/;

/**
 * Reads the YAML that docker-compose 1.29 prints: block style, two spaces a level, a list at the indentation of its key, and texts that go on
 * in lines which are indented further. All scalars are texts here, and so are flow collections other than `{}` and `[]`, of which it has none.
 */
function readBlocks(text: string): Value {
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  const [first] = lines;
  return first === undefined ? null : readBlock(lines, 0, first.indent).value;
}

interface Read {
  readonly value: Value;
  /** The line after it. */
  readonly next: number;
}

function readBlock(lines: Line[], at: number, indent: number): Read {
  return isItem(lines[at]) ? readList(lines, at, indent) : readMapping(lines, at, indent);
}

function isItem(line: Line | undefined): boolean {
  return line !== undefined && /^-(?: |$)/.test(line.text);
}

function readList(lines: Line[], start: number, indent: number): Read {
  const items: Value[] = [];
  let at = start;
  for (let line = lines[at]; line?.indent === indent && isItem(line); line = lines[at]) {
    const rest = { indent: indent + 2, text: line.text.slice(2) };
    if (isItem(rest) || keyForm.test(rest.text)) {
      lines[at] = rest;
      const read = readBlock(lines, at, rest.indent);
      items.push(read.value);
      at = read.next;
    } else {
      const read = readScalar(lines, at, { indent, text: rest.text });
      items.push(read.value);
      at = read.next;
    }
  }
  return { value: items, next: at };
}

function readMapping(lines: Line[], start: number, indent: number): Read {
  const entries: [string, Value][] = [];
  let at = start;
  for (let line = lines[at]; line?.indent === indent && !isItem(line); line = lines[at]) {
    const [, key, rest = ''] = keyForm.exec(line.text) ?? [];
    if (key === undefined) break;
    const following = lines[at + 1];
    const hasBlock =
      rest === '' &&
      following !== undefined &&
      (following.indent > indent || (following.indent === indent && isItem(following)));
    const read: Read = hasBlock
      ? readBlock(lines, at + 1, following.indent)
      : readScalar(lines, at, { indent, text: rest });
    entries.push([unquoted(key), read.value]);
    at = read.next;
  }
  // Without progress the reading would not end.
  return { value: Object.fromEntries(entries), next: Math.max(at, start + 1) };
}

/** With the lines that it goes on in. */
function readScalar(lines: readonly Line[], start: number, { indent, text }: Line): Read {
  let whole = text;
  let at = start + 1;
  for (let line = lines[at]; line !== undefined && line.indent > indent; line = lines[at]) {
    whole = whole.endsWith('\\') ? `${whole.slice(0, -1)}${line.text}` : `${whole} ${line.text}`;
    at += 1;
  }
  if (whole === '{}') return { value: {}, next: at };
  return { value: whole === '[]' ? [] : unquoted(whole), next: at };
}

function unquoted(text: string): string {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  if (!text.startsWith('"')) return text;
  try {
    return String(JSON.parse(text.replaceAll('\\ ', ' ')));
  } catch {
    // YAML knows escapes that JSON doesn't.
    return text.slice(1, -1);
  }
}
