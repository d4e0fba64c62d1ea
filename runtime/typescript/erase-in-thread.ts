import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';

/** The compiler of a source of 2 MiB takes a second; one that takes this long is hanging. */
const longestWaitMs = 20_000;

/** What the thread says to a source. */
type Answer =
  | { readonly erased: string }
  | { readonly code?: string; readonly message: string; readonly stack?: string };

/** A thread with a compiler of its own, and the two ways to it: messages, and a number that says that there is one. */
interface CompilerThread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly answered: Int32Array;
}

/** Runs in the thread. As text, so that it is the same from source and from a package. */
const threadSource = `
const { workerData: { port, answered } } = require('node:worker_threads');
const { stripTypeScriptTypes } = require('node:module');
process.emitWarning = () => {};
port.on('message', (source) => {
  try {
    port.postMessage({ erased: stripTypeScriptTypes(source, { mode: 'strip' }) });
  } catch ({ code, message, stack }) {
    port.postMessage({ code, message, stack });
  }
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});
`;

/** Whether the compiler says something about the source, rather than having come to its own end over it. */
export function isVerdict(cause: unknown): boolean {
  if (!(cause instanceof Error) || !('code' in cause)) return false;
  return cause.code === 'ERR_INVALID_TYPESCRIPT_SYNTAX' || cause.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

let thread: CompilerThread | undefined;

/**
 * Erases types with the compiler of a thread, which a source that breaks it takes with it. Blocks, as the compiler itself does.
 * Throws as Node does, and Error for a source that no compiler gets through.
 */
export function eraseInThread(source: string): string {
  thread ??= startThread();
  const answer = ask(thread, source);
  if (answer !== undefined && 'erased' in answer) return answer.erased;
  const verdict = answer === undefined ? undefined : errorOf(answer);
  if (isVerdict(verdict)) throw verdict;
  void thread.worker.terminate();
  thread = undefined;
  throw new Error('the source is nested too deeply, or too large, for the TypeScript compiler');
}

function startThread(): CompilerThread {
  const { port1, port2 } = new MessageChannel();
  const answered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(threadSource, {
    eval: true,
    env: {},
    execArgv: [],
    workerData: { port: port2, answered },
    transferList: [port2],
  });
  worker.unref();
  port1.unref();
  return { worker, port: port1, answered };
}

function ask({ port, answered }: CompilerThread, source: string): Answer | undefined {
  Atomics.store(answered, 0, 0);
  port.postMessage(source);
  Atomics.wait(answered, 0, 0, longestWaitMs);
  // The thread posts nothing else.
  return receiveMessageOnPort(port)?.message as Answer | undefined;
}

function errorOf({ message, code, stack }: Exclude<Answer, { readonly erased: string }>): Error {
  return Object.assign(new Error(message), { ...(code && { code }), ...(stack && { stack }) });
}
