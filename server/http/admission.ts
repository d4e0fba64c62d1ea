import { FairShares, hasShare } from '../fair-shares.ts';
import type { ShedReason } from '../metrics/metrics.ts';
import type { ServerClock } from '../parts.ts';
import { FairQueue } from '../fair-queue.ts';
import { HttpProblem } from './problem.ts';

/** One holder has nine tenths of the places at most, and of those that wait. */
const greed = 9;

/** How much a server takes on at a time. */
export interface AdmissionLimits {
  /** Requests that are worked on at a time. */
  readonly requests: number;
  /** Further ones that wait for their turn. */
  readonly queuedRequests: number;
  /** For so long, in milliseconds. */
  readonly queueTimeoutMs: number;
}

/** Places for requests: whoever finds none waits for a turn, holders one after the other, or is turned away. */
export interface Admission {
  /**
   * A place, held until it is disposed of. Rejects with SERVER_UNAVAILABLE where too many wait already, or the turn doesn't come in time, and
   * with the signal's reason where that aborts before.
   */
  enter(holder: string, signal: AbortSignal): Promise<Disposable>;
  /** Places that are taken. */
  readonly taken: number;
  /** Requests that wait for one. */
  readonly waiting: number;
}

interface Waiting {
  readonly give: (place: Disposable) => void;
}

export function createAdmission(
  limits: AdmissionLimits,
  { clock, shed }: { readonly clock: ServerClock; readonly shed: (reason: ShedReason) => void },
): Admission {
  const places = new FairShares(limits.requests, { greed });
  const queue = new FairQueue<Waiting>();

  /** Hands what became free to those whose turn it is, but to nobody who has a share already. */
  const hand = (): void => {
    for (;;) {
      const next = queue.takeIf((holder) => placeFor(holder));
      if (next === undefined) return;
      next.item.give(next.found);
    }
  };
  function placeFor(holder: string): Disposable | undefined {
    const place = places.take(holder);
    if (place === undefined) return undefined;
    return {
      [Symbol.dispose]: () => {
        place[Symbol.dispose]();
        hand();
      },
    };
  }
  const refuse = (reason: ShedReason): HttpProblem => {
    shed(reason);
    return tooBusy(reason);
  };
  const turn = async (holder: string, signal: AbortSignal): Promise<Disposable> => {
    const { promise, resolve, reject } = Promise.withResolvers<Disposable>();
    const waiting: Waiting = { give: resolve };
    const leave = (why: unknown): void => {
      // One that has its place already keeps it.
      if (queue.remove(holder, waiting)) reject(why);
    };
    const gone = (): void => leave(signal.reason);
    queue.add(holder, waiting);
    signal.addEventListener('abort', gone, { once: true });
    const cancel = clock.after(limits.queueTimeoutMs, () => {
      if (queue.remove(holder, waiting)) reject(refuse('queue_timeout'));
    });
    try {
      return await promise;
    } finally {
      cancel();
      signal.removeEventListener('abort', gone);
    }
  };

  return {
    async enter(holder, signal) {
      signal.throwIfAborted();
      const place = placeFor(holder);
      if (place !== undefined) return place;
      const held = queue.sizeOf(holder);
      const isFull = !hasShare({ held, taken: queue.size, most: limits.queuedRequests }, greed);
      if (isFull) throw refuse('queue_full');
      return turn(holder, signal);
    },
    get taken() {
      return places.taken;
    },
    get waiting() {
      return queue.size;
    },
  };
}

function tooBusy(reason: ShedReason): HttpProblem {
  const message = reason === 'queue_full' ? 'too many requests wait already' : 'the server had no time for the request';
  const remedy = 'Try again when Retry-After says so, or send fewer requests at a time.';
  return new HttpProblem(503, { code: 'SERVER_UNAVAILABLE', message, remedy }, { headers: { 'Retry-After': '5' } });
}
