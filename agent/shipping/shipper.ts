import { setTimeout as sleep } from 'node:timers/promises';
import { assertNever } from '../../schemas/index.ts';
import type { SendBatch, ShippingAnswer } from './send.ts';
import type { Spool, SpooledBatch } from './spool.ts';

/** What a shipper is made of. */
export interface ShipperParts {
  readonly spool: Spool;
  readonly send: SendBatch;
  /** How long a result waits for a server that doesn't answer, in ms. */
  readonly waitMs: number;
  /** Told when the server stops answering, and when it does again. */
  readonly onState: (state: { readonly reached: boolean; readonly reason?: string }) => void;
  /** Told of lines that the server will never take. */
  readonly onRefused: (batch: SpooledBatch, reason: string) => void;
}

/** Sends what is spooled to the server, oldest first, one batch at a time. */
export interface Shipper extends AsyncDisposable {
  /** Something was spooled. */
  wake(): void;
  /** Resolves when the server has everything up to that number; or with `unreached` when it hasn't answered for too long. */
  settled(id: number): Promise<'taken' | 'unreached'>;
}

const firstPauseMs = 250;
const mostPauseMs = 15_000;
const lookMs = 50;
/** While a shipper ends it sends on, no longer than this, in ms. */
const lastWordsMs = 5000;

/** Begins at once with what an earlier process left. */
export function createShipper(parts: ShipperParts): Shipper {
  const { spool, waitMs } = parts;
  const ending = new AbortController();
  let woken = Promise.withResolvers<undefined>();
  /** Resolves whenever a batch has left the spool. */
  let left = Promise.withResolvers<undefined>();
  let isEnding = false;
  /** When the server answered last. */
  let answered = performance.now();
  const loop = async (): Promise<void> => {
    let pause = firstPauseMs;
    const rest = async (ms: number): Promise<void> => {
      await sleep(ms, undefined, { signal: ending.signal }).catch(() => {});
      pause = Math.min(2 * pause, mostPauseMs);
    };
    while (!ending.signal.aborted) {
      const batch = spool.next();
      if (batch === undefined) {
        if (isEnding) return;
        await woken.promise;
        woken = Promise.withResolvers();
        continue;
      }
      const answer = await parts.send(batch, ending.signal);
      if (answer.kind === 'later') {
        parts.onState({ reached: false, reason: answer.reason });
        await rest(answer.afterMs ?? pause);
        continue;
      }
      answered = performance.now();
      try {
        settle(batch, answer, parts);
      } catch (cause) {
        // A full disk can't note either what has left it. The batch goes out once more, which the server notices.
        parts.onState({ reached: false, reason: cause instanceof Error ? cause.message : String(cause) });
        await rest(pause);
        continue;
      }
      pause = firstPauseMs;
      parts.onState({ reached: true });
      left.resolve(undefined);
      left = Promise.withResolvers();
    }
  };
  const looping = loop();
  // Whoever disposes of it hears of it.
  looping.catch(() => {});
  const isThere = (id: number): boolean => spool.first === undefined || spool.first > id;
  return {
    wake: () => woken.resolve(undefined),
    async settled(id) {
      const since = performance.now();
      while (!isThere(id)) {
        if (performance.now() - Math.max(since, answered) >= waitMs) return 'unreached';
        await Promise.race([left.promise, sleep(lookMs)]);
      }
      return 'taken';
    },
    async [Symbol.asyncDispose]() {
      isEnding = true;
      woken.resolve(undefined);
      const late = setTimeout(() => ending.abort(), lastWordsMs);
      try {
        await looping;
      } finally {
        clearTimeout(late);
      }
    },
  };
}

/** What was answered for good. */
function settle(batch: SpooledBatch, answer: Exclude<ShippingAnswer, { kind: 'later' }>, parts: ShipperParts): void {
  switch (answer.kind) {
    case 'taken':
      break;
    case 'refused':
      parts.onRefused(batch, answer.reason);
      break;
    default:
      assertNever(answer);
  }
  parts.spool.forget(batch.run, batch.id);
}
