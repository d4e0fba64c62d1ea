import { FairQueue, type Owner } from '../../runtime/supervisor/fair-queue.ts';

/** A place among those that one limit allows at a time; whoever enters needs one of each of its seats. */
export interface Seat {
  /** Those with the same key share a limit. */
  readonly key: string;
  readonly most: number;
}

interface Ticket<Kind> {
  readonly seats: readonly Kind[];
  readonly enter: () => void;
}

/** Lets in as many at a time as every limit allows; the others wait, in turns between tenants and runs. */
export class Turnstile<Kind extends Seat = Seat> {
  readonly #taken = new Map<string, number>();
  readonly #waiting = new FairQueue<Ticket<Kind>>();

  /**
   * Waits until there is a seat of each; the result frees them, once. All at the same time, so that none holds one while it
   * waits for another. `onWait` is told of a seat that isn't free, where one must be waited for. Rejects with the signal's reason.
   */
  async enter(
    owner: Owner,
    seats: readonly Kind[],
    { signal, onWait }: { readonly signal: AbortSignal; readonly onWait?: ((full: Kind) => void) | undefined },
  ): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    let admitted = false;
    const enter = (): void => {
      admitted = true;
      resolve(undefined);
    };
    const ticket: Ticket<Kind> = { seats, enter };
    const giveUp = (): void => {
      if (this.#waiting.remove(ticket)) reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(owner, ticket);
    this.#admit();
    const full = admitted ? undefined : seats.find((seat) => !this.#hasRoom(seat));
    if (full !== undefined) onWait?.(full);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#count(seats, -1);
      this.#admit();
    };
  }

  #admit(): void {
    for (;;) {
      const ticket = this.#waiting.shift(({ seats }) => seats.every((seat) => this.#hasRoom(seat)));
      if (ticket === undefined) return;
      this.#count(ticket.seats, 1);
      ticket.enter();
    }
  }

  #hasRoom({ key, most }: Seat): boolean {
    return (this.#taken.get(key) ?? 0) < most;
  }

  #count(seats: readonly Seat[], change: 1 | -1): void {
    for (const { key } of seats) {
      const taken = (this.#taken.get(key) ?? 0) + change;
      if (taken === 0) this.#taken.delete(key);
      else this.#taken.set(key, taken);
    }
  }
}
