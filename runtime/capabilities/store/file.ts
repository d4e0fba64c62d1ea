import { once } from 'node:events';
import { dirname, extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AbsolutePath } from '../../../schemas/index.ts';
import { CallFailure } from '../capability.ts';
import type { FromThread, StoreRequest, StoreResults, ToThread } from './protocol.ts';

/** The file in which an agent keeps what plugins store. A thread holds it, started when it is first needed. */
export interface StoreFile extends AsyncDisposable {
  /** The folder beside it in which archives are kept. */
  readonly archives: AbsolutePath;
  /** Rejects with CallFailure. */
  ask<Request extends StoreRequest>(request: Request): Promise<StoreResults[Request['do']]>;
}

/** A thread, and who waits for it. */
interface Running {
  readonly worker: Worker;
  readonly waiting: Map<number, PromiseWithResolvers<FromThread>>;
}

/** Starts nothing until it is asked something. */
export function createStoreFile(file: AbsolutePath): StoreFile {
  let running: Running | undefined;
  let lastId = 0;
  const start = (): Running => {
    const waiting: Running['waiting'] = new Map();
    const worker = startWorker(file, waiting);
    // What was not answered never will be; whoever asks next gets another thread.
    const end = (): void => {
      if (running?.worker === worker) running = undefined;
      const stopped = new CallFailure('FAILED', "the agent's store stopped in the middle of a call");
      for (const each of waiting.values()) each.reject(stopped);
      waiting.clear();
    };
    worker.on('error', end).on('exit', end);
    return { worker, waiting };
  };
  return {
    // Beside an absolute path.
    archives: join(dirname(file), 'store-archives') as AbsolutePath,
    async ask(request) {
      running ??= start();
      const { worker, waiting } = running;
      lastId += 1;
      const id = lastId;
      const asked = Promise.withResolvers<FromThread>();
      waiting.set(id, asked);
      // The process waits for an answer, not for the thread.
      worker.ref();
      post(worker, { id, request });
      const answer = await asked.promise;
      if ('failure' in answer) throw failureOf(answer.failure);
      // The thread answers a request of each kind with the result of that kind.
      return answer.ok as StoreResults[(typeof request)['do']];
    },
    async [Symbol.asyncDispose]() {
      if (running === undefined) return;
      const { worker } = running;
      const ended = once(worker, 'exit');
      worker.ref();
      post(worker, { id: 'close' });
      await ended;
    },
  };
}

function startWorker(file: AbsolutePath, waiting: Running['waiting']): Worker {
  // Beside this module, in its language: TypeScript in a checkout, JavaScript in a package.
  const entry = new URL(`thread${extname(import.meta.url)}`, import.meta.url);
  const worker = new Worker(entry, { workerData: file, env: {}, execArgv: [] });
  worker.on('message', (answer: FromThread) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
  });
  worker.unref();
  return worker;
}

function post(worker: Worker, message: ToThread): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  worker.postMessage(message);
}

function failureOf({
  code,
  message,
  remedy,
}: Extract<FromThread, { readonly failure: unknown }>['failure']): CallFailure {
  return new CallFailure(code, message, remedy === undefined ? {} : { remedy });
}
