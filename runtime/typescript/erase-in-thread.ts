import { Worker } from 'node:worker_threads';

/** A source of 2 MiB that a person wrote takes less than a second. */
const longestMs = 10_000;

/** What the thread says to a source. */
type Answer =
  | { readonly erased: string }
  | { readonly code?: string; readonly message: string; readonly stack?: string };

/** Runs in the thread. As text, so that it is the same from source and from a package. */
const threadSource = `
const { parentPort } = require('node:worker_threads');
const { stripTypeScriptTypes } = require('node:module');
process.emitWarning = () => {};
parentPort.on('message', (source) => {
  try {
    parentPort.postMessage({ erased: stripTypeScriptTypes(source, { mode: 'strip' }) });
  } catch ({ code, message, stack }) {
    parentPort.postMessage({ code, message, stack });
  }
});
`;

/** Whether the compiler says something about the source, rather than having come to its own end over it. */
export function isVerdict(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  return cause.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' || cause.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

let thread: Worker | undefined;
let queue: Promise<unknown> = Promise.resolve();

/**
 * Erases types with the compiler of a thread, one source after the other; one that breaks it, or takes longer than ten seconds,
 * takes it with it. Rejects as Node throws, and with Error for a source that no compiler gets through.
 */
export function eraseInThread(source: string): Promise<string> {
  const erased = queue.then(() => eraseNext(source));
  queue = erased.catch(() => undefined);
  return erased;
}

async function eraseNext(source: string): Promise<string> {
  thread ??= startThread();
  const answer = await ask(thread, source);
  if (answer !== undefined && 'erased' in answer) return answer.erased;
  const verdict = answer === undefined ? undefined : errorOf(answer);
  if (isVerdict(verdict)) throw verdict;
  const broken = thread;
  thread = undefined;
  await broken.terminate();
  throw new Error('the source is nested too deeply, or too large, for the TypeScript compiler');
}

function startThread(): Worker {
  const worker = new Worker(threadSource, { eval: true, env: {}, execArgv: [] });
  worker.unref();
  return worker;
}

/** The answer; undefined where there is none in time, or the thread ends over the source. */
function ask(worker: Worker, source: string): Promise<Answer | undefined> {
  const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
  const giveUp = (): void => resolve(undefined);
  const timer = setTimeout(giveUp, longestMs);
  // The thread posts nothing else than answers.
  worker.on('message', resolve).on('error', giveUp).on('exit', giveUp);
  // The process waits for a source, not for the thread.
  worker.ref();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- that is for windows
  worker.postMessage(source);
  return promise.finally(() => {
    clearTimeout(timer);
    // One by one: the worker has listeners of its own.
    worker.off('message', resolve).off('error', giveUp).off('exit', giveUp);
    worker.unref();
  });
}

function errorOf({ message, code, stack }: Exclude<Answer, { readonly erased: string }>): Error {
  return Object.assign(new Error(message), { ...(code && { code }), ...(stack && { stack }) });
}
