import { extname } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { NodeCatalogue } from '../../dsl/api.ts';
import { WaterflowFailure } from '../../schemas/index.ts';
import type { ServerClock } from '../parts.ts';
import { answerFrom, type CompileAnswers, type CompileTask, type FromCompileThread } from './compile-protocol.ts';
import { FairQueue } from '../fair-queue.ts';
import { type TaskLimits, watchTask } from './task-watch.ts';

/** Reading is bounded to about a second of a processor, which a slow one takes longer for, and a busy machine gives late. */
const usualLimits: TaskLimits = { lookMs: 1_000, processorMs: 5_000, longestMs: 30_000 };
/** What waits to be read, at most: of all tenants, and of one. */
const mostWaiting = 1024;
const mostOfTenant = 128;
/** A plan of the largest workflow takes some tens of MiB. */
const heapMegabytes = 512;

/** A task took too long, or more memory than there is: whoever sent it did so, and not the server. */
export class TooHeavy extends Error {}

/**
 * Reads workflows beside the server, one after the other, those of tenants in turn. Whatever a workflow holds, the server goes on
 * meanwhile, and another tenant waits for no more than one of them.
 */
export interface CompileThread extends AsyncDisposable {
  /** Rejects with {@link TooHeavy}, and with SERVER_UNAVAILABLE where too many wait, or the machine has no time for it. */
  run<Kind extends CompileTask['kind']>(
    tenant: string,
    task: Extract<CompileTask, { readonly kind: Kind }>,
  ): Promise<CompileAnswers[Kind]>;
  /** What waits to be read. */
  readonly waiting: number;
  /** Makes it ready before it is needed. */
  warm(): void;
  /** Gives its memory back until it is needed again. Does nothing while a workflow is read. */
  rest(): void;
}

interface Waiting {
  readonly task: CompileTask;
  readonly resolve: (answer: CompileAnswers[CompileTask['kind']]) => void;
  readonly reject: (cause: Error) => void;
}

interface Thread {
  readonly worker: Worker;
  readonly end: () => Promise<void>;
}

/** A thread is started when it is needed, and anew after one that had to be ended. */
export function createCompileThread(options: {
  readonly catalogue: NodeCatalogue;
  readonly clock: ServerClock;
  /** Default: five seconds of a processor, within half a minute. */
  readonly limits?: TaskLimits;
  /** Told of each task for which there was no room, or no time. */
  readonly shed?: () => void;
}): CompileThread {
  const { catalogue, clock, limits = usualLimits, shed = () => {} } = options;
  const waiting = new FairQueue<Waiting>();
  let thread: Thread | undefined;
  let current: (Waiting & { readonly stopClock: () => void }) | undefined;
  let closed = false;

  const finish = (settle: (task: Waiting) => void): void => {
    const task = current;
    current = undefined;
    if (task === undefined) return;
    task.stopClock();
    settle(task);
    next();
  };
  const abandon = (cause: Error): void => {
    void thread?.end();
    thread = undefined;
    finish(({ reject }) => reject(cause));
  };
  const heard = (message: Exclude<FromCompileThread, { readonly kind: 'question' }>): void => {
    if (message.kind === 'answer') finish(({ resolve }) => resolve(message.answer));
    else finish(({ reject }) => reject(new Error(`reading a workflow failed: ${message.reason}`)));
  };
  const started = (): Thread => (thread ??= startThread({ catalogue, heard, ended: abandon }));
  function next(): void {
    if (current !== undefined) return;
    const task = waiting.take();
    if (task === undefined) return;
    const { worker } = started();
    const tell = (what: 'too heavy' | 'too long'): void => {
      if (what === 'too long') shed();
      abandon(
        what === 'too heavy' ? new TooHeavy('it took too long') : unavailable('the machine is too busy to read it'),
      );
    };
    current = { ...task, stopClock: watchTask(worker, clock, { limits, tell }) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    worker.postMessage(task.task);
  }

  return {
    async run<Kind extends CompileTask['kind']>(tenant: string, task: Extract<CompileTask, { readonly kind: Kind }>) {
      const isFull = waiting.size >= mostWaiting || waiting.sizeOf(tenant) >= mostOfTenant;
      if (closed) throw unavailable(isClosed);
      if (isFull) {
        shed();
        throw unavailable('too many workflows wait to be read');
      }
      const { promise, resolve, reject } = Promise.withResolvers<CompileAnswers[CompileTask['kind']]>();
      waiting.add(tenant, { task, resolve, reject });
      next();
      // The thread answers each task with what its kind gives.
      return (await promise) as CompileAnswers[Kind];
    },
    get waiting() {
      return waiting.size;
    },
    warm: () => void started(),
    rest: () => {
      if (current !== undefined) return;
      void thread?.end();
      thread = undefined;
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      for (let left = waiting.take(); left !== undefined; left = waiting.take()) left.reject(unavailable(isClosed));
      const ending = thread?.end();
      abandon(unavailable(isClosed));
      await ending;
    },
  };
}

function startThread(parts: {
  readonly catalogue: NodeCatalogue;
  readonly heard: (message: Exclude<FromCompileThread, { readonly kind: 'question' }>) => void;
  readonly ended: (cause: Error) => void;
}): Thread {
  const bell = new Int32Array(new SharedArrayBuffer(4));
  const { port1: ours, port2: answers } = new MessageChannel();
  // From source it is TypeScript, from the package JavaScript.
  const entry = new URL(`./compile-worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(entry, {
    workerData: { bell, answers },
    transferList: [answers],
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
    // Nothing of the server's own is of use to it.
    env: {},
  });
  let over = false;
  worker.on('message', (message: FromCompileThread) => {
    if (over) return;
    if (message.kind !== 'question') return parts.heard(message);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
    ours.postMessage(JSON.stringify(answerFrom(parts.catalogue, message.question)));
    Atomics.store(bell, 0, 1);
    Atomics.notify(bell, 0);
  });
  worker.on('error', (cause: Error) => {
    if (over) return;
    const isHeavy = 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY';
    parts.ended(isHeavy ? new TooHeavy('it took too much memory') : cause);
  });
  worker.unref();
  ours.unref();
  return {
    worker,
    async end() {
      over = true;
      ours.close();
      await worker.terminate();
    },
  };
}

const isClosed = 'the server is shutting down';

function unavailable(message: string): WaterflowFailure {
  return new WaterflowFailure({ code: 'SERVER_UNAVAILABLE', message, remedy: 'Try again in a few seconds.' });
}
