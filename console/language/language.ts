import type { Answered, Kind, Questions } from './protocol.ts';
// oxlint-disable-next-line import/default -- Vite gives the address of what it makes of the worker
import workerAddress from './worker.ts?worker&url';

/** The language in a worker, to be asked. */
export interface Language {
  /** Rejects where the worker can't be started, or fails. */
  ask<K extends Kind>(kind: K, asks: Questions[K]['asks']): Promise<Questions[K]['answers']>;
  /** Ends the worker. What it was asked stays without an answer. */
  close(): void;
}

interface Waiting {
  readonly resolve: (answer: Questions[Kind]['answers']) => void;
  readonly reject: (why: Error) => void;
}

/** Starts the worker. It comes with the console, from the console's own address. */
export function startLanguage(): Language {
  const worker = new Worker(trusted(workerAddress), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Answered>) => {
    const one = waiting.get(data.id);
    waiting.delete(data.id);
    if ('failed' in data) one?.reject(new Error(data.failed));
    else one?.resolve(data.answer);
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  });
  return {
    ask<K extends Kind>(kind: K, asks: Questions[K]['asks']) {
      const { promise, resolve, reject } = Promise.withResolvers<Questions[K]['answers']>();
      last += 1;
      // An answer has the id of its question, and so the type that goes with it.
      waiting.set(last, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
      worker.postMessage({ id: last, kind, asks });
      return promise;
    },
    close: () => worker.terminate(),
  };
}

interface ScriptAddresses {
  readonly createScriptURL: (address: string) => string;
}

interface TrustedTypes {
  readonly createPolicy: (name: string, rules: ScriptAddresses) => ScriptAddresses;
}

let addresses: ScriptAddresses | undefined;

/** Where the browser knows Trusted Types it runs no address that isn't one: only the worker's own becomes one. */
function trusted(address: string): string {
  const { trustedTypes } = globalThis as { readonly trustedTypes?: TrustedTypes }; // Not in the types of all browsers.
  if (trustedTypes === undefined) return address;
  addresses ??= trustedTypes.createPolicy('waterflow-console', {
    createScriptURL(asked) {
      if (asked !== workerAddress) throw new TypeError(`no part of the console: ${asked}`);
      return asked;
    },
  });
  return addresses.createScriptURL(address);
}
