/** A chunk is copied on each append until it is full, so it is small; the list of full chunks is copied once a chunk. */
const chunkSize = 64;

/**
 * A list as JSON that only grows. Appending shares all that is there already and costs practically the same however long the
 * list is, which keeps the cost of an event independent of how many steps a job has behind it.
 */
export interface Chunks<Item> {
  readonly full: readonly (readonly Item[])[];
  readonly last: readonly Item[];
}

/** A list without items. */
export const noChunks: Chunks<never> = { full: [], last: [] };

/** How many items it holds. */
export function countOf(list: Chunks<unknown>): number {
  return list.full.length * chunkSize + list.last.length;
}

/** The item at an index from 0; undefined past the end. */
export function itemAt<Item>(list: Chunks<Item>, index: number): Item | undefined {
  const chunk = list.full[Math.floor(index / chunkSize)] ?? list.last;
  return index < countOf(list) ? chunk[index % chunkSize] : undefined;
}

/** The list with one more item at its end. */
export function append<Item>(list: Chunks<Item>, item: Item): Chunks<Item> {
  const last = [...list.last, item];
  return last.length < chunkSize ? { full: list.full, last } : { full: [...list.full, last], last: [] };
}

/** All items. */
export function itemsOf<Item>(list: Chunks<Item>): readonly Item[] {
  return [...list.full.flat(), ...list.last];
}

/** The list of these items. */
export function chunksOf<Item>(items: readonly Item[]): Chunks<Item> {
  const full: (readonly Item[])[] = [];
  for (let start = 0; start + chunkSize <= items.length; start += chunkSize) {
    full.push(items.slice(start, start + chunkSize));
  }
  return { full, last: items.slice(full.length * chunkSize) };
}
