/** What the client takes from its surroundings: Node, Deno and browsers have the same. */
export interface Powers {
  readonly fetch: typeof fetch;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** From 0 up to 1, without 1. */
  readonly random: () => number;
  /** A text that nobody else makes. */
  readonly uniqueKey: () => string;
}

/** Those of the platform. */
export const platformPowers: Powers = {
  // Browsers want to see it called as a function of the window.
  fetch: (...request) => globalThis.fetch(...request),
  now: () => performance.now(),
  random: () => Math.random(),
  uniqueKey: randomKey,
  sleep,
};

/** 128 random bits. Not randomUUID(), which browsers have in secure contexts only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(asError(signal?.reason));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
