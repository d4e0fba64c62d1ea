import { CST } from 'yaml';
import type { Path } from './api.ts';

/** A list or mapping with the tokens that it is written with. */
export type Collection = CST.BlockMap | CST.BlockSequence | CST.FlowCollection;

/** An entry of a mapping or an item of a list. Offsets are those of the text. */
export interface Entry {
  /** Absent for an item. */
  readonly key?: { readonly text: string; readonly token: CST.FlowScalar };
  readonly value: CST.Token | undefined;
  /** Where its first sign stands: the dash, the key, or what is before the key. */
  readonly start: number;
  /** Behind its last sign, without comments and line breaks that follow. */
  readonly end: number;
  /** Behind the dash or the colon; without either, where the value begins. */
  readonly afterMark: number;
}

/** What isn't content. */
const between: ReadonlySet<string> = new Set(['space', 'newline', 'comment', 'comma']);

export function isCollection(token: CST.Token | undefined): token is Collection {
  return token?.type === 'block-map' || token?.type === 'block-seq' || token?.type === 'flow-collection';
}

export function isMapping(token: CST.Token | undefined): token is CST.BlockMap | CST.FlowCollection {
  return token?.type === 'block-map' || (token?.type === 'flow-collection' && token.start.source === '{');
}

export function isList(token: CST.Token | undefined): token is CST.BlockSequence | CST.FlowCollection {
  return token?.type === 'block-seq' || (token?.type === 'flow-collection' && token.start.source === '[');
}

/** The text of a scalar, escapes and folding undone. */
export function textOf(token: CST.Token | undefined): string | undefined {
  return token === undefined ? undefined : (CST.resolveAsScalar(token, false)?.value ?? undefined);
}

/** The entries of a mapping, or the items of a list. */
export function entriesOf(collection: Collection): readonly Entry[] {
  let entries = known.get(collection);
  if (entries === undefined) {
    entries = collection.items.flatMap((item: CST.CollectionItem) => entryOf(item, collection));
    known.set(collection, entries);
  }
  return entries;
}

/** Tokens don't change, and a file may have a thousand jobs, each of which is asked for by itself. */
const known = new WeakMap<Collection, readonly Entry[]>();

function entryOf(item: CST.CollectionItem, collection: Collection): readonly Entry[] {
  const marks = item.start.filter(({ type }) => !between.has(type));
  const separators = (item.sep ?? []).filter(({ type }) => !between.has(type));
  const { key, value } = item;
  const first = marks[0]?.offset ?? key?.offset ?? separators[0]?.offset ?? value?.offset;
  if (first === undefined) return [];
  const last = separators.at(-1) ?? (key === undefined || key === null ? marks.at(-1) : undefined);
  const markEnd = last === undefined ? undefined : last.offset + last.source.length;
  const end = value === undefined || value === null ? (markEnd ?? (key ? endOf(key) : first)) : endOf(value);
  const mark =
    separators.find(({ type }) => type === 'map-value-ind') ?? marks.find(({ type }) => type === 'seq-item-ind');
  const afterMark = mark === undefined ? (value?.offset ?? end) : mark.offset + mark.source.length;
  const entry = { value: value ?? undefined, start: first, end, afterMark };
  if (!isMapping(collection)) return [entry];
  if (!isFlowScalar(key)) return [];
  return [{ ...entry, key: { text: textOf(key) ?? '', token: key } }];
}

function isFlowScalar(token: CST.Token | null | undefined): token is CST.FlowScalar {
  return token?.type === 'scalar' || token?.type === 'single-quoted-scalar' || token?.type === 'double-quoted-scalar';
}

/** Behind the last sign of a value. Blank lines at the end of a text in a block count where it keeps them. */
export function endOf(token: CST.Token): number {
  switch (token.type) {
    case 'block-map':
    case 'block-seq':
      return entriesOf(token).at(-1)?.end ?? token.offset;
    case 'flow-collection': {
      const [close] = token.end;
      return close === undefined ? token.offset : close.offset + close.source.length;
    }
    case 'block-scalar': {
      const body = bodyOf(token);
      return body.to;
    }
    default:
      return token.offset + ('source' in token ? token.source.length : 0);
  }
}

/** The header of a text in a block, `|-`, and its lines, without the last line break. */
export function bodyOf(token: CST.BlockScalar): {
  readonly header: string;
  readonly from: number;
  readonly to: number;
} {
  const header = token.props.find(({ type }) => type === 'block-scalar-header');
  const headerText = header !== undefined && 'source' in header ? header.source : '|';
  const from = token.props.reduce(
    (most, prop) => Math.max(most, 'source' in prop ? prop.offset + prop.source.length : most),
    token.offset,
  );
  const kept = headerText.includes('+') ? token.source.replace(/\r?\n$/u, '') : token.source.trimEnd();
  // One without lines ends with its header.
  if (kept === '') return { header: headerText, from, to: token.offset + headerText.length };
  return { header: headerText, from, to: from + kept.length };
}

function asMapping(token: CST.Token | undefined): Collection | undefined {
  return isMapping(token) ? token : undefined;
}

function asList(token: CST.Token | undefined): Collection | undefined {
  return isList(token) ? token : undefined;
}

/** A place of the file: the value there, the entry that it is the value of, and the collection that this is in. */
export interface Found {
  readonly value: CST.Token | undefined;
  readonly entry?: Entry;
  readonly within?: Collection;
  /** The entry's number in it. */
  readonly index: number;
}

/** Goes down a path. Undefined where it leads nowhere; aliases aren't followed. */
export function find(root: CST.Token | undefined, path: Path): Found | undefined {
  let found: Found = { value: root, index: 0 };
  for (const step of path) {
    const { value } = found;
    const within = typeof step === 'number' ? asList(value) : asMapping(value);
    if (within === undefined) return undefined;
    const entries = entriesOf(within);
    const index = typeof step === 'number' ? step : entries.findIndex(({ key }) => key?.text === step);
    const entry = entries[index];
    if (entry === undefined) return undefined;
    found = { value: entry.value, entry, within, index };
  }
  return found;
}
