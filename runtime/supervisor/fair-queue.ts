/** First come, first served within a tenant, and one after the other between tenants: none can make the others wait. */
export class FairQueue<Item> {
  /** In the order in which the tenants' turns come. */
  readonly #waiting = new Map<string, Item[]>();

  get length(): number {
    let length = 0;
    for (const items of this.#waiting.values()) length += items.length;
    return length;
  }

  push(tenant: string, item: Item): void {
    const items = this.#waiting.get(tenant);
    if (items === undefined) this.#waiting.set(tenant, [item]);
    else items.push(item);
  }

  /** Whose turn it is. */
  peek(): Item | undefined {
    for (const items of this.#waiting.values()) return items[0];
    return undefined;
  }

  /** Takes the next item; its tenant's next turn is after all others'. */
  shift(): Item | undefined {
    for (const [tenant, items] of this.#waiting) {
      const item = items.shift();
      this.#waiting.delete(tenant);
      if (items.length > 0) this.#waiting.set(tenant, items);
      return item;
    }
    return undefined;
  }

  /** Takes an item out of turn; false where it isn't waiting. */
  remove(item: Item): boolean {
    for (const [tenant, items] of this.#waiting) {
      const index = items.indexOf(item);
      if (index === -1) continue;
      items.splice(index, 1);
      if (items.length === 0) this.#waiting.delete(tenant);
      return true;
    }
    return false;
  }
}
