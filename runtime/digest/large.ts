import { Worker } from 'node:worker_threads';
import type { RunningDigest } from './index.ts';

/** What is handed over at a time, and how many of these may be on their way: 1 MiB for each digest. */
const pieceBytes: number = 256 * 1024;
const mostPieces = 4;
/** The thread holds no more than the state of each digest. */
const resourceLimits = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

/** What the thread is told, in this order. */
type Told =
  /** The first so many bytes of the memory are next. */
  | { readonly id: number; readonly memory: ArrayBuffer; readonly bytes: number }
  /** Say the digest, or forget it. */
  | { readonly id: number; readonly end: 'say' | 'forget' };

/** What it answers: with the memory that it has read, or with the digest in lower-case hex. */
type Answer = { readonly id: number; readonly memory: ArrayBuffer } | { readonly id: number; readonly sha256: string };

/** Runs in the thread. As text, so that it needs no compiler, which would take twice the memory of the thread itself. */
const threadSource = `
const { parentPort } = require('node:worker_threads');
const { createHash } = require('node:crypto');
const running = new Map();
parentPort.on('message', ({ id, memory, bytes, end }) => {
  const hash = running.get(id) ?? createHash('sha256');
  if (memory !== undefined) {
    running.set(id, hash.update(new Uint8Array(memory, 0, bytes)));
    parentPort.postMessage({ id, memory }, [memory]);
    return;
  }
  running.delete(id);
  if (end === 'say') parentPort.postMessage({ id, sha256: hash.digest('hex') });
});
`;

/** The thread, and the digests that it makes. */
interface Running {
  readonly worker: Worker;
  readonly digests: Map<number, LargeDigest>;
}

let running: Running | undefined;
let lastId = 0;

/** A digest that is made in a thread of its own, the same for all, which is started with the first and ends with the process. */
export function startLargeDigest(): RunningDigest {
  running ??= startThread();
  lastId += 1;
  return new LargeDigest(running, lastId);
}

/**
 * Memory goes to the thread and comes back. It isn't shared: to copy into shared memory takes V8, which has to do it so that nobody sees
 * half a word, as long as the digest does.
 */
class LargeDigest implements RunningDigest {
  readonly #thread: Running;
  readonly #id: number;
  readonly #free: ArrayBuffer[] = [];
  #made = 0;
  #piece: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;
  #isEnding = false;
  #sha256: string | undefined;
  /** Who waits for the next answer. */
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(thread: Running, id: number) {
    this.#thread = thread;
    this.#id = id;
    thread.digests.set(id, this);
  }

  update(bytes: Uint8Array): Promise<void> | undefined {
    const taken = this.#take(bytes, 0);
    return taken === bytes.length ? undefined : this.#takeRest(bytes, taken);
  }

  async end(): Promise<string> {
    this.#send();
    this.#isEnding = true;
    this.#post({ id: this.#id, end: 'say' });
    while (this.#sha256 === undefined) await this.#answered();
    return this.#sha256;
  }

  /** Does nothing once the end was asked for: `return digest.end()` leaves the scope before that has come. */
  [Symbol.dispose](): void {
    if (!this.#isEnding && this.#thread.digests.delete(this.#id)) this.#post({ id: this.#id, end: 'forget' });
  }

  /** What the thread says of this digest. */
  take(answer: Answer): void {
    if ('memory' in answer) this.#free.push(answer.memory);
    else {
      this.#thread.digests.delete(this.#id);
      this.#sha256 = answer.sha256;
    }
    this.#waiting?.resolve();
  }

  fail(cause: Error): void {
    this.#waiting?.reject(cause);
  }

  /** As much as there is room for; up to where that came. */
  #take(bytes: Uint8Array, from: number): number {
    let taken = from;
    while (taken < bytes.length) {
      const piece = (this.#piece ??= this.#newPiece());
      if (piece === undefined) break;
      const part = bytes.subarray(taken, taken + pieceBytes - this.#filled);
      piece.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
      if (this.#filled === pieceBytes) this.#send();
    }
    return taken;
  }

  async #takeRest(bytes: Uint8Array, from: number): Promise<void> {
    for (let taken = from; taken < bytes.length; taken = this.#take(bytes, taken)) {
      while (this.#free.length === 0) await this.#answered();
    }
  }

  #newPiece(): Uint8Array<ArrayBuffer> | undefined {
    const returned = this.#free.pop();
    if (returned !== undefined) return new Uint8Array(returned);
    if (this.#made === mostPieces) return undefined;
    this.#made += 1;
    return new Uint8Array(pieceBytes);
  }

  #send(): void {
    if (this.#piece === undefined) return;
    const memory = this.#piece.buffer;
    this.#post({ id: this.#id, memory, bytes: this.#filled }, [memory]);
    this.#piece = undefined;
    this.#filled = 0;
  }

  #post(message: Told, transferred: ArrayBuffer[] = []): void {
    this.#thread.worker.postMessage(message, transferred);
  }

  /** Waits for the next answer; the process does, too, and not for the thread alone. */
  async #answered(): Promise<void> {
    if (running !== this.#thread) throw stopped();
    this.#waiting = Promise.withResolvers();
    this.#thread.worker.ref();
    try {
      await this.#waiting.promise;
    } finally {
      this.#waiting = undefined;
    }
  }
}

function startThread(): Running {
  const worker = new Worker(threadSource, { eval: true, env: {}, execArgv: [], resourceLimits });
  const thread: Running = { worker, digests: new Map() };
  worker.on('message', (answer: Answer) => {
    thread.digests.get(answer.id)?.take(answer);
    if (thread.digests.size === 0) worker.unref();
  });
  // What was not answered never will be; who begins next gets another thread.
  const stop = (cause?: unknown): void => {
    if (running === thread) running = undefined;
    for (const digest of thread.digests.values()) digest.fail(stopped(cause));
    thread.digests.clear();
  };
  worker.on('error', stop).on('exit', () => stop());
  worker.unref();
  return thread;
}

function stopped(cause?: unknown): Error {
  return new Error('the thread that makes digests stopped', { cause });
}
