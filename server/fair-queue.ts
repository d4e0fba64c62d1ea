/**
 * What waits, each for an owner. Owners take turns, so that none waits for all that another one has brought; what one owner brought
 * is taken in its order.
 */
export class FairQueue<Item> {
  readonly #waiting = new Map<string, Item[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** How much of an owner waits. */
  sizeOf(owner: string): number {
    return this.#waiting.get(owner)?.length ?? 0;
  }

  add(owner: string, item: Item): void {
    const items = this.#waiting.get(owner);
    if (items === undefined) this.#waiting.set(owner, [item]);
    else items.push(item);
    this.#size += 1;
  }

  take(): Item | undefined {
    return this.takeIf(() => true)?.item;
  }

  /** The next item of the first owner for whom something is found, with what was found. */
  takeIf<Found>(
    find: (owner: string) => Found | undefined,
  ): { readonly item: Item; readonly found: Found } | undefined {
    for (const [owner, items] of this.#waiting) {
      const found = find(owner);
      if (found === undefined) continue;
      const [item] = items.splice(0, 1);
      if (item === undefined) return undefined;
      // To the end of the line of owners.
      this.#waiting.delete(owner);
      if (items.length > 0) this.#waiting.set(owner, items);
      this.#size -= 1;
      return { item, found };
    }
    return undefined;
  }

  /** Has an item wait no more; false where it doesn't. */
  remove(owner: string, item: Item): boolean {
    const items = this.#waiting.get(owner);
    const index = items?.indexOf(item) ?? -1;
    if (items === undefined || index < 0) return false;
    items.splice(index, 1);
    if (items.length === 0) this.#waiting.delete(owner);
    this.#size -= 1;
    return true;
  }
}
