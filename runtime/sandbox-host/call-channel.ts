import type { GuestResult } from './result.ts';
import { type SleepClock, SleepOrder } from './sleep-order.ts';
import {
  callBytesLimit,
  encodeFrame,
  type Frame,
  FrameReader,
  nameCharacters,
  openCallsLimit,
  textOf,
} from './wire.ts';

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
/**
 * Arguments, in bytes, of calls that are open at a time. The agent reads no more where it holds more than that, so a guest that
 * went on writing would wait for it while the agent waits for the guest to take its answers.
 */
const openArgumentBytes: number = 16 * 1024 * 1024;

/** The agent writes that key first, and no other beside it. */
function isOk(json: string): boolean {
  return json.startsWith('{"ok":');
}

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
  /** Calls without an answer yet, by id, with the bytes of their arguments; `posted` ones have nobody who waits for it. */
  readonly #submitted = new Map<number, number>();
  readonly #posted = new Map<number, number>();
  #argumentBytes = 0;
  #lastId = 0;
  #invocation = 0;
  #sleeps = new SleepOrder('skipped');
  /** Whether the agent was asked which of the open calls are refused, and has answered; once more for calls that are made after that. */
  #ending: 'not' | 'asked' | 'decided' = 'not';

  constructor(pipe: BlockingPipe) {
    this.#pipe = pipe;
  }

  /** Forgets the last invocation's calls and begins the next. `sleeps` is what says when its sleeps are over. */
  begin(invocation: number, sleeps: SleepClock): void {
    this.#invocation = invocation;
    this.#sleeps = new SleepOrder(sleeps);
    this.#submitted.clear();
    this.#posted.clear();
    this.#argumentBytes = 0;
    this.#arrived.length = 0;
    this.#ending = 'not';
  }

  /** Sends a call; its id, or undefined where the arguments (JSON text) are larger than a call may be. */
  submit(capability: string, operation: string, args: string): number | undefined {
    return this.#call(this.#submitted, { capability, operation, args });
  }

  /** Sends a call whose answer nobody waits for, as of a line of the log; {@link next} never gives it. */
  post(capability: string, operation: string, args: string): number | undefined {
    return this.#call(this.#posted, { capability, operation, args });
  }

  /** The next answer, whichever call it belongs to; blocks. Undefined where no call is open. */
  next(): Answer | undefined {
    for (;;) {
      const index = this.#arrived.findIndex((answer) => this.#isDue(answer));
      if (index !== -1) return this.#take(index);
      if (this.#submitted.size === 0) return undefined;
      this.#receive();
    }
  }

  /** The answer to one call; blocks. Answers to others stay for {@link next}. */
  answerTo(id: number): Answer {
    for (;;) {
      const index = this.#arrived.findIndex((answer) => answer.id === id);
      const answer = index === -1 ? undefined : this.#take(index);
      if (answer !== undefined) return answer;
      this.#receive();
    }
  }

  /**
   * A denial or failure of a call that the guest left open when it was done; undefined where there is none any more. Blocks for those that are
   * decided at once, and not for calls that are being carried out: those are given up.
   */
  nextRefusal(): Answer | undefined {
    if (this.#ending === 'not' && this.#submitted.size > 0) {
      this.#ending = 'asked';
      this.#send(encodeFrame({ t: 'ending', invocation: this.#invocation }));
      while (!this.#isDecided()) this.#receive();
    }
    this.#ending = 'decided';
    for (;;) {
      const answer = this.#arrived.shift();
      if (answer === undefined || !isOk(answer.json)) return answer;
    }
  }

  /** Says how the invocation ended, after the log lines that are still on their way have been taken. */
  finish(result: GuestResult): void {
    while (this.#posted.size > 0) this.#receive();
    this.#send(encodeFrame({ t: 'done', invocation: this.#invocation, kind: result.kind }, result.details));
  }

  /** Tells what ran, as JSON text; nothing where that is more than a frame holds. */
  cover(coverage: string): void {
    if (Buffer.byteLength(coverage) > callBytesLimit) return;
    this.#send(encodeFrame({ t: 'coverage', invocation: this.#invocation }, coverage));
  }

  /** Whether it may be handed out now: a sleep that is over, behind those that ended before it. */
  #isDue({ id, json, cancelled }: Answer): boolean {
    if (!this.#sleeps.has(id) || cancelled || !isOk(json)) return true;
    if (!this.#sleeps.isNext(id)) return false;
    if (!this.#sleeps.isSkipped) return true;
    const others = [...this.#submitted.keys(), ...this.#arrived.map((answer) => answer.id)];
    return others.every((other) => this.#sleeps.has(other));
  }

  #take(index: number): Answer | undefined {
    const [answer] = this.#arrived.splice(index, 1);
    if (answer !== undefined) this.#sleeps.end(answer.id);
    return answer;
  }

  #call(
    open: Map<number, number>,
    call: { readonly capability: string; readonly operation: string; readonly args: string },
  ): number | undefined {
    if (call.args.length > callBytesLimit) return undefined;
    const bytes = Buffer.byteLength(call.args);
    if (bytes > callBytesLimit) return undefined;
    while (this.#hasNoRoomFor(bytes)) this.#receive();
    this.#lastId += 1;
    const id = this.#lastId;
    open.set(id, bytes);
    // One that is posted has nobody who is to be told in time.
    if (open === this.#submitted && call.capability === 'sleep' && call.operation === 'for') {
      this.#sleeps.begin(id, call.args);
    }
    // Whoever handled one refusal may have made this call, and it may be refused in its turn.
    this.#ending = 'not';
    this.#argumentBytes += bytes;
    const capability = call.capability.slice(0, nameCharacters);
    const operation = call.operation.slice(0, nameCharacters);
    this.#send(encodeFrame({ t: 'submit', invocation: this.#invocation, id, capability, operation }, call.args));
    return id;
  }

  /** Changes while {@link #receive} runs, which the compiler doesn't see. */
  #isDecided(): boolean {
    return this.#ending === 'decided';
  }

  #hasNoRoomFor(bytes: number): boolean {
    const calls = this.#submitted.size + this.#posted.size;
    return calls >= openCallsLimit || (calls > 0 && this.#argumentBytes + bytes > openArgumentBytes);
  }

  #receive(): void {
    const bytes = this.#pipe.read(this.#buffer);
    if (bytes === 0) throw new AgentGone();
    for (const frame of this.#reader.push(this.#buffer.slice(0, bytes))) this.#accept(frame);
  }

  #accept(frame: Frame): void {
    const { t, id, cancelled, invocation } = frame.header;
    if (t === 'decided') {
      if (invocation === this.#invocation) this.#ending = 'decided';
      return;
    }
    if (t !== 'answer' || typeof id !== 'number') throw new Error(`unexpected frame ${String(t)}`);
    const bytes = this.#submitted.get(id) ?? this.#posted.get(id);
    // Of an earlier invocation.
    if (bytes === undefined) return;
    this.#argumentBytes -= bytes;
    this.#posted.delete(id);
    if (this.#submitted.delete(id)) this.#arrived.push({ id, json: textOf(frame.body), cancelled: cancelled === true });
  }

  #send(frame: Uint8Array): void {
    let rest = frame;
    while (rest.byteLength > 0) rest = rest.subarray(this.#pipe.write(rest));
  }
}
