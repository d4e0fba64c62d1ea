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
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const [owner, items] = next;
    const item = items.shift();
    // To the end of the line of owners.
    this.#waiting.delete(owner);
    if (items.length > 0) this.#waiting.set(owner, items);
    this.#size -= 1;
    return item;
  }
}
