/** Whose turn it is to be served. */
export interface Owner {
  readonly tenant: string;
  readonly run: string;
}

/**
 * First come, first served within a run; one after the other between the runs of a tenant, and between tenants: none can make
 * the others wait, however much it asks for.
 */
export class FairQueue<Item> {
  /** In the order in which the tenants' turns come, and within each, those of its runs. */
  readonly #waiting = new Map<string, Map<string, Item[]>>();

  get length(): number {
    let length = 0;
    for (const runs of this.#waiting.values()) for (const items of runs.values()) length += items.length;
    return length;
  }

  /** How many of those that wait `condition` holds for. */
  count(condition: (item: Item) => boolean): number {
    let count = 0;
    for (const runs of this.#waiting.values())
      for (const items of runs.values()) for (const item of items) if (condition(item)) count += 1;
    return count;
  }

  push({ tenant, run }: Owner, item: Item): void {
    const runs = this.#waiting.get(tenant) ?? new Map<string, Item[]>();
    this.#waiting.set(tenant, runs);
    const items = runs.get(run);
    if (items === undefined) runs.set(run, [item]);
    else items.push(item);
  }

  /** Takes the next item for which `isReady` holds; the next turn of its run, and of its tenant, is after all others'. */
  shift(isReady: (item: Item) => boolean = () => true): Item | undefined {
    for (const [tenant, runs] of this.#waiting) {
      for (const [run, items] of runs) {
        const index = items.findIndex(isReady);
        if (index === -1) continue;
        const [item] = items.splice(index, 1);
        runs.delete(run);
        if (items.length > 0) runs.set(run, items);
        this.#waiting.delete(tenant);
        if (runs.size > 0) this.#waiting.set(tenant, runs);
        return item;
      }
    }
    return undefined;
  }

  /** Takes an item out of turn; false where it isn't waiting. */
  remove(item: Item): boolean {
    for (const [tenant, runs] of this.#waiting) {
      for (const [run, items] of runs) {
        const index = items.indexOf(item);
        if (index === -1) continue;
        items.splice(index, 1);
        if (items.length === 0) runs.delete(run);
        if (runs.size === 0) this.#waiting.delete(tenant);
        return true;
      }
    }
    return false;
  }
}
