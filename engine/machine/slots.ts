import { isJsonList, type Json } from '../../schemas/index.ts';

/** Entries of one node of the tree: few, since each change copies the nodes on the way to a value. */
const width = 64;

/**
 * A list as JSON whose values come in any order, and are null until they do. Putting one in shares the rest and costs practically
 * the same however long the list is. Missing ends of a node are nulls that nobody has put in yet.
 */
export interface Slots {
  readonly length: number;
  /** A tree: values at its leaves, all of them equally deep. */
  readonly tree: readonly Json[];
}

/** A list of so many nulls. */
export function emptySlots(length: number): Slots {
  return { length, tree: [] };
}

/** The list with another value at an index from 0, below its length. */
export function put({ length, tree }: Slots, index: number, value: Json): Slots {
  return { length, tree: putIn(tree, { index, value, span: spanOf(length) }) };
}

/** The value at an index from 0. */
export function valueAt({ length, tree }: Slots, index: number): Json {
  return valueIn(tree, index, spanOf(length));
}

/** All values, in order. */
export function valuesOf(slots: Slots): readonly Json[] {
  return Array.from({ length: slots.length }, (_, index) => valueAt(slots, index));
}

/** The list of these values. */
export function slotsOf(values: readonly Json[]): Slots {
  return values.reduce<Slots>((slots, value, index) => put(slots, index, value), emptySlots(values.length));
}

/** How many values one entry of the root stands for. */
function spanOf(length: number): number {
  let span = 1;
  while (span * width < length) span *= width;
  return span;
}

function putIn(
  node: readonly Json[],
  { index, value, span }: { readonly index: number; readonly value: Json; readonly span: number },
): readonly Json[] {
  const entry = Math.floor(index / span);
  const next = span === 1 ? value : putIn(nodeAt(node, entry), { index: index % span, value, span: span / width });
  const before = Array.from({ length: Math.max(node.length, entry + 1) }, (_, at) => node[at] ?? null);
  before[entry] = next;
  return before;
}

function valueIn(node: readonly Json[], index: number, span: number): Json {
  const entry = Math.floor(index / span);
  return span === 1 ? (node[entry] ?? null) : valueIn(nodeAt(node, entry), index % span, span / width);
}

/** A node that isn't there yet is empty. */
function nodeAt(node: readonly Json[], entry: number): readonly Json[] {
  const child = node[entry];
  // Above the leaves the entries of the tree are nodes, by construction, or null.
  return isJsonList(child) ? child : [];
}
