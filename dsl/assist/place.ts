/** Where somebody writes, made out by indentation: a text that is being written is seldom whole. */
export interface Place {
  /** Keys from the top of the file; `null` is an item of a list. */
  readonly path: readonly (string | null)[];
  /**
   * `key`: a key of what is at the path; `value`: the value there; `text`: within a text of several lines, where only expressions mean something.
   */
  readonly kind: 'key' | 'value' | 'text';
  /** What is written of it so far, up to the cursor. */
  readonly written: string;
  /** The keys beside it, with what follows them in their lines. */
  readonly beside: ReadonlyMap<string, string>;
  /** The keys beside the last one of the path. */
  readonly around: ReadonlyMap<string, string>;
  /** The expression that the cursor is in, up to it. */
  readonly expression: string | undefined;
}

/** A line with its dashes and its key. */
interface Line {
  readonly dashes: readonly number[];
  readonly key: { readonly column: number; readonly name: string; readonly rest: string } | undefined;
}

const blockText = /^(?:[&!]\S+\s+)*[|>][-+0-9]*\s*(?:#.*)?$/u;
/** Conditions are expressions as they are. */
const conditions: ReadonlySet<string> = new Set(['if', 'condition', 'filter']);

/** Undefined where nothing of the language can stand: in a comment. */
export function placeAt(text: string, offset: number): Place | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const before = text.slice(start, offset);
  const above = text.slice(0, start).split('\n').slice(0, -1).map(lineOf);
  const end = text.indexOf('\n', offset);
  const below =
    end === -1
      ? []
      : text
          .slice(end + 1)
          .split('\n')
          .map(lineOf);
  const own = ownPlace(before);
  const { path, inText, last } = pathTo(above, own.column, own.isItem);
  const open = openExpression(before);
  const around =
    last === undefined
      ? new Map<string, string>()
      : besides(
          { above: above.slice(0, last.line + 1), below: [...above.slice(last.line + 1), ...below] },
          last.column,
        );
  if (inText) return { path, kind: 'text', written: '', beside: new Map(), around, expression: open };
  if (open === undefined && /(?:^|\s)#/u.test(before)) return undefined;
  const whole = [...path, ...own.dashes.map(() => null)];
  const beside = besides({ above, below }, own.keyColumn);
  if (own.key === undefined)
    return { path: whole, kind: 'key', written: own.written, beside, around, expression: open };
  const isCondition = open === undefined && conditions.has(own.key);
  const expression = isCondition ? own.written : open;
  return { path: [...whole, own.key], kind: 'value', written: own.written, beside, around, expression };
}

interface OwnPlace {
  /** Of the first dash, or of the key. */
  readonly column: number;
  readonly keyColumn: number;
  readonly isItem: boolean;
  readonly dashes: readonly number[];
  /** Behind whose colon the cursor is. */
  readonly key: string | undefined;
  readonly written: string;
}

function ownPlace(before: string): OwnPlace {
  const { dashes, key } = lineOf(before);
  const lead = /^\s*(?:-\s+)*/u.exec(before)?.[0] ?? '';
  const keyColumn = key?.column ?? lead.length;
  const common = { column: dashes[0] ?? keyColumn, keyColumn, isItem: dashes.length > 0, dashes };
  if (key === undefined) return { ...common, key: undefined, written: before.slice(lead.length) };
  return { ...common, key: key.name, written: key.rest };
}

function lineOf(line: string): Line {
  const dashes: number[] = [];
  let rest = line.trimEnd();
  let column = 0;
  for (let found = /^(\s*)-(?=\s|$)/u.exec(rest); found !== null; found = /^(\s*)-(?=\s|$)/u.exec(rest)) {
    dashes.push(column + (found[1]?.length ?? 0));
    column += found[0].length;
    rest = rest.slice(found[0].length);
  }
  const key = /^(\s*)(?:"([^"]*)"|'([^']*)'|([\w.$-]+))\s*:(?:\s+(.*)|)$/u.exec(rest);
  if (key === null) return { dashes, key: undefined };
  const [, space = '', quoted, single, plain, value = ''] = key;
  return { dashes, key: { column: column + space.length, name: quoted ?? single ?? plain ?? '', rest: value } };
}

/** Up the lines, to what is indented less and less. */
function pathTo(
  above: readonly Line[],
  column: number,
  startsItem: boolean,
): {
  readonly path: readonly (string | null)[];
  readonly inText: boolean;
  /** The line of the last key, from 0, and the key's column. */
  readonly last?: { readonly line: number; readonly column: number };
} {
  const path: (string | null)[] = [];
  let edge = column;
  // A list may stand as deep as its key.
  let isItem = startsItem;
  let inText = false;
  let last: { readonly line: number; readonly column: number } | undefined;
  for (const [line, { dashes, key }] of [...above.entries()].toReversed()) {
    if (key !== undefined && (key.column < edge || (isItem && key.column === edge && dashes.length === 0))) {
      // What looks like keys in it is text.
      if (blockText.test(key.rest)) {
        inText = true;
        path.length = 0;
        last = undefined;
      }
      path.unshift(key.name);
      last ??= { line, column: key.column };
      edge = key.column;
      isItem = false;
    }
    for (const dash of dashes.toReversed()) {
      if (dash >= edge) continue;
      path.unshift(null);
      edge = dash;
      isItem = true;
    }
    if (edge === 0 && !isItem) break;
  }
  return { path, inText, ...(last === undefined ? {} : { last }) };
}

/** Keys of the same mapping. */
function besides(
  { above, below }: { readonly above: readonly Line[]; readonly below: readonly Line[] },
  column: number,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { dashes, key } of above.toReversed()) {
    if (key?.column === column) found.set(key.name, key.rest);
    // There the item of the list begins, or what holds the mapping.
    if ((dashes.at(-1) ?? column) < column || (key !== undefined && key.column < column)) break;
  }
  for (const { dashes, key } of below) {
    if ((dashes[0] ?? column) < column || (key !== undefined && key.column < column)) break;
    if (key?.column === column && dashes.length === 0) found.set(key.name, key.rest);
  }
  return found;
}

/** What stands between the last `${{` of a line and its end. */
function openExpression(before: string): string | undefined {
  const start = before.lastIndexOf('${{');
  if (start === -1 || before.includes('}}', start)) return undefined;
  return before.slice(start + 3).trimStart();
}
