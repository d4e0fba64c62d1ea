import type { GuestResult } from './result.ts';
import { callBytesLimit, encodeFrame, type Frame, FrameReader, nameCharacters, openCallsLimit } from './wire.ts';

/** An answer to a host call: the JSON text of `{ ok }`, `{ denied }` or `{ error }`. */
export interface Answer {
  readonly id: number;
  readonly json: string;
  /** The call was given up because the step is being cancelled; `json` is an error that says so. */
  readonly cancelled: boolean;
}

/** Blocking reads and writes on one descriptor. */
export interface BlockingPipe {
  /** Fills a part of `into`, at least one byte; 0 at the end of the stream. */
  read(into: Uint8Array): number;
  /** Writes a part of `from`, at least one byte. */
  write(from: Uint8Array): number;
}

/** Answers may hold a file's text; the agent bounds them to the same. */
const answerBytesLimit = 16 * 1024 * 1024;
const readBufferBytes = 64 * 1024;

/** The agent is gone: nothing is left to do but end. */
class AgentGone extends Error {
  override readonly name = 'AgentGone';
}

/**
 * The guest's host calls. `submit` never waits for an answer, `next` blocks for one. Ids count up over the whole life of the
 * process, so that an answer to a call of an earlier invocation is recognised and dropped.
 */
export class CallChannel {
  readonly #pipe: BlockingPipe;
  readonly #reader = new FrameReader(answerBytesLimit);
  readonly #buffer = new Uint8Array(readBufferBytes);
  readonly #arrived: Answer[] = [];
  readonly #open = new Set<number>();
  readonly #openLogs = new Set<number>();
  #lastId = 0;
  #invocation = 0;

  constructor(pipe: BlockingPipe) {
    this.#pipe = pipe;
  }

  /** Forgets the last invocation's calls and begins the next. */
  begin(invocation: number): void {
    this.#invocation = invocation;
    this.#open.clear();
    this.#openLogs.clear();
    this.#arrived.length = 0;
  }

  /** Sends a call; its id, or undefined where the arguments (JSON text) are larger than a call may be. */
  submit(capability: string, operation: string, args: string): number | undefined {
    if (args.length > callBytesLimit || Buffer.byteLength(args) > callBytesLimit) return undefined;
    while (this.#open.size + this.#openLogs.size >= openCallsLimit) this.#receive();
    this.#lastId += 1;
    const id = this.#lastId;
    const isLog = capability === 'log';
    (isLog ? this.#openLogs : this.#open).add(id);
    const names = { capability: capability.slice(0, nameCharacters), operation: operation.slice(0, nameCharacters) };
    this.#send(encodeFrame({ t: 'submit', invocation: this.#invocation, id, ...names }, args));
    return id;
  }

  /** The next answer, whichever call it belongs to; blocks. Undefined where no call is open. */
  next(): Answer | undefined {
    while (this.#arrived.length === 0) {
      if (this.#open.size === 0) return undefined;
      this.#receive();
    }
    return this.#arrived.shift();
  }

  /** The answer to one call; blocks. Answers to others stay for {@link next}. */
  answerTo(id: number): Answer {
    // Somebody does wait for this log line.
    if (this.#openLogs.delete(id)) this.#open.add(id);
    for (;;) {
      const index = this.#arrived.findIndex((answer) => answer.id === id);
      const [answer] = index === -1 ? [] : this.#arrived.splice(index, 1);
      if (answer !== undefined) return answer;
      this.#receive();
    }
  }

  /** Says how the invocation ended, after the log lines that are still on their way have been taken. */
  finish(result: GuestResult): void {
    while (this.#openLogs.size > 0) this.#receive();
    this.#send(encodeFrame({ t: 'done', invocation: this.#invocation, kind: result.kind }, result.details));
  }

  #receive(): void {
    const bytes = this.#pipe.read(this.#buffer);
    if (bytes === 0) throw new AgentGone();
    for (const frame of this.#reader.push(this.#buffer.slice(0, bytes))) this.#accept(frame);
  }

  #accept(frame: Frame): void {
    const { t, id, cancelled } = frame.header;
    if (t !== 'answer' || typeof id !== 'number') throw new Error(`unexpected frame ${String(t)}`);
    if (this.#openLogs.delete(id) || !this.#open.delete(id)) return;
    this.#arrived.push({ id, json: textOf(frame.body), cancelled: cancelled === true });
  }

  #send(frame: Uint8Array): void {
    let rest = frame;
    while (rest.byteLength > 0) rest = rest.subarray(this.#pipe.write(rest));
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
