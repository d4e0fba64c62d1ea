import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { HeavyAnswer, HeavyRequest } from './worker.ts';

/** Reads heavy inputs in a thread that can be ended. */
export class HeavyReader implements AsyncDisposable {
  #worker: Worker | undefined;

  /** What came of it; undefined where there was no answer in time, in ms: then the thread is ended. */
  async read(request: HeavyRequest, mostMs: number): Promise<HeavyAnswer | undefined> {
    const worker = this.#worker ?? new Worker(new URL('worker.ts', import.meta.url));
    this.#worker = worker;
    const deadline = AbortSignal.timeout(mostMs);
    worker.postMessage(request, []);
    try {
      const [answer] = await once(worker, 'message', { signal: deadline });
      // The worker says nothing else.
      return answer as HeavyAnswer;
    } catch (error) {
      await this[Symbol.asyncDispose]();
      if (deadline.aborted) return undefined;
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker?.terminate();
    this.#worker = undefined;
  }
}
