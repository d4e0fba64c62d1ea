/** Something that happens at a time, unless it is withdrawn before. */
export interface Appointment {
  readonly due: number;
  withdrawn: boolean;
}

/** What is to happen in virtual time: by when it is due, and of what is due together in the order in which it was planned. */
export class Agenda<Item> {
  /** By time; what is due together is in one list. */
  readonly #lists = new Map<number, Entry<Item>[]>();
  /** The times of the lists, latest first. */
  readonly #times: number[] = [];
  #position = 0;

  add(due: number, item: Item): Appointment {
    const entry = { due, item, withdrawn: false };
    const list = this.#lists.get(due);
    if (list !== undefined) list.push(entry);
    else {
      this.#lists.set(due, [entry]);
      this.#times.splice(this.#placeOf(due), 0, due);
    }
    return entry;
  }

  /** What comes next, which is taken out; undefined where nothing is left. */
  next(): { readonly due: number; readonly item: Item } | undefined {
    for (let due = this.#times.at(-1); due !== undefined; due = this.#times.at(-1)) {
      const list = this.#lists.get(due) ?? [];
      while (this.#position < list.length) {
        const entry = list[this.#position];
        this.#position += 1;
        if (entry !== undefined && !entry.withdrawn) return entry;
      }
      this.#position = 0;
      this.#lists.delete(due);
      this.#times.pop();
    }
    return undefined;
  }

  /** Where a time belongs: before the first that isn't later. */
  #placeOf(due: number): number {
    let [low, high] = [0, this.#times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#times[middle] ?? due) > due) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Entry<Item> extends Appointment {
  readonly item: Item;
}
