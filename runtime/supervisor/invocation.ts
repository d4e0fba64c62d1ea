import { isJsonObject, type WaterflowError } from '../../schemas/index.ts';
import { answerText, type HostCall, type HostCallAnswer } from '../host-call.ts';
import { guestResultKinds } from '../sandbox-host/result.ts';
import type { Frame } from '../sandbox-host/wire.ts';
import { bufferOver, callBytesLimit, openCallsLimit } from '../sandbox-host/wire.ts';
import type { InvocationOutcome, InvocationRequest } from './api.ts';
import { CallBudget } from './call-budget.ts';
import * as errors from './errors.ts';
import type { HostProcess } from './host-process.ts';
import { callKeyLimit, parseUntrustedJson } from './json-guard.ts';
import { outcomeOfCrash, outcomeOfResult } from './outcome.ts';
import type { SupervisorPowers } from './powers.ts';
import type { MemoryWatchdog } from './watchdog.ts';

/** What an invocation needs beside its request. */
export interface InvocationSurroundings {
  readonly powers: SupervisorPowers;
  readonly watchdog: MemoryWatchdog;
  /** Of what the guest itself logs, in bytes. */
  readonly log_bytes: number;
}

/** How it ended, and whether its host may serve another one. */
export interface InvocationEnd {
  readonly outcome: InvocationOutcome;
  readonly host: 'reusable' | 'gone';
}

/** An answer that is larger is replaced by an error: bulk data goes through workspace files. */
const answerCharactersLimit = 15 * 1024 * 1024;
/** Above what a sandbox host of good will leaves open, so only a forged one ever meets it. */
const unansweredLimit = 2 * openCallsLimit;
/** The same, of arguments of calls that wait: a sandbox host of good will leaves 16 MiB open. */
const waitingBytesLimit = 32 * 1024 * 1024;
/** What the agent holds for the calls of one invocation: room for several of the largest answers. */
const heldBytesLimit = 64 * 1024 * 1024;
/** What an answer with content may be where the call names no `max_bytes` (docs/host-calls.md). */
const usualAnswerBytes = 1024 * 1024;
/** Capabilities that answer at once and briefly, so that there is nothing to give up where the step is cancelled. */
const immediateCapabilities: ReadonlySet<string> = new Set(['log', 'clock', 'random', 'signal', 'step']);
/** Between two looks at an invocation's processor time. The kernel counts it in steps of 10 ms. */
const cpuPollMs = 25;
/** The latest refusals, which are kept to explain a step that failed by one. */
const rememberedRefusals = 100;

/** A call that is being carried out. */
interface OpenCall {
  readonly capability: string;
  readonly controller: AbortController;
  /** What is held for it until it is answered. */
  readonly heldBytes: number;
  /** Allowed: its answer may take any time. */
  isUnderway: boolean;
}

/** One invocation on one host, from the frame that starts it to its end. The host is untrusted throughout. */
export class Invocation {
  static #count = 0;
  readonly #number: number;
  readonly #host: HostProcess;
  readonly #request: InvocationRequest;
  readonly #surroundings: InvocationSurroundings;
  readonly #end = Promise.withResolvers<InvocationEnd>();
  readonly #open = new Map<number, OpenCall>();
  readonly #budget = new CallBudget(heldBytesLimit);
  readonly #refusals = new Map<number, HostCallAnswer>();
  readonly #cleanups: (() => unknown)[] = [];
  #calls = 0;
  #cpuMs = 0;
  #logBytes = 0;
  #unanswered = 0;
  #isCancelled = false;
  /** Whether the guest is done, and asks what became of the calls that it left open; it hasn't been told yet. */
  #isAsked = false;
  /** How many calls it had made when it asked. It has no reason to ask again before it makes another. */
  #callsWhenAsked = 0;
  #hasEnded = false;

  constructor(host: HostProcess, request: InvocationRequest, surroundings: InvocationSurroundings) {
    Invocation.#count += 1;
    this.#number = Invocation.#count;
    this.#host = host;
    this.#request = request;
    this.#surroundings = surroundings;
  }

  /** Runs it. Never rejects. */
  run(): Promise<InvocationEnd> {
    const { limits, plugin, inputs } = this.#request;
    const { powers, watchdog } = this.#surroundings;
    this.#host.listen({
      onFrame: (frame) => this.#receive(frame),
      onViolation: (what) => this.#kill(errors.brokeProtocol(what)),
      onOutOfMemory: () => this.#kill(errors.outOfMemory(limits.memory_bytes)),
      onEnd: (end) => {
        const outcome = this.#isCancelled ? errors.cancelled() : outcomeOfCrash(end, limits);
        this.#finish({ outcome, host: 'gone' });
      },
    });
    this.#cleanups.push(
      powers.after(limits.timeout_ms, () => this.#kill(errors.timedOut(limits.timeout_ms))),
      watchdog.watch({
        memory: () => this.#host.memory(),
        allowance_bytes: limits.memory_bytes,
        onOver: () => this.#kill(errors.outOfMemory(limits.memory_bytes)),
      }),
    );
    this.#meterCpu();
    this.#host.sendControl(
      {
        t: 'invoke',
        invocation: this.#number,
        capabilities: Object.keys(plugin.manifest.permissions ?? {}),
        output_bytes: limits.output_bytes,
        heap_mb: Math.ceil(limits.memory_bytes / 1024 / 1024),
        deterministic: this.#request.deterministic,
        ...(this.#request.onCoverage === undefined ? {} : { coverage: true }),
      },
      JSON.stringify(inputs),
    );
    this.#obey(this.#request.signal, () => this.#cancel());
    this.#obey(this.#request.kill, () => this.#kill(errors.cancelled()));
    if (!this.#host.alive) this.#kill(errors.crashed('it was gone before it began'));
    return this.#end.promise;
  }

  /** Acts when the signal is aborted, also where it is already. */
  #obey(signal: AbortSignal | undefined, act: () => void): void {
    if (signal?.aborted === true) return act();
    signal?.addEventListener('abort', act, { once: true });
    this.#cleanups.push(() => signal?.removeEventListener('abort', act));
    return undefined;
  }

  /** Tells of processor time while it runs, and of the rest at its end. */
  #meterCpu(): void {
    const { onCpu } = this.#request;
    if (onCpu === undefined) return;
    this.#cpuMs = this.#host.cpuMs() ?? 0;
    const tell = (): WaterflowError | undefined => {
      const now = this.#host.cpuMs() ?? this.#cpuMs;
      const used = now - this.#cpuMs;
      this.#cpuMs = now;
      return used > 0 ? onCpu(used) : undefined;
    };
    const look = (): void => {
      const error = tell();
      if (error !== undefined) this.#kill(errors.limitExceeded(error));
    };
    this.#cleanups.push(this.#surroundings.powers.every(cpuPollMs, look), tell);
  }

  #receive(frame: Frame): void {
    if (this.#hasEnded) return;
    const { t, invocation } = frame.header;
    if (invocation !== this.#number) this.#kill(errors.brokeProtocol('a frame of another invocation'));
    else if (t === 'submit') this.#receiveCall(frame);
    else if (t === 'ending' && !this.#isAsked && this.#calls > this.#callsWhenAsked) this.#receiveEnding();
    else if (t === 'done') this.#receiveResult(frame);
    else if (t === 'coverage' && this.#request.onCoverage !== undefined) this.#request.onCoverage(frame.body);
    else this.#kill(errors.brokeProtocol('a frame with an unknown tag'));
  }

  #receiveCall({ header, body }: Frame): void {
    const { id, capability, operation } = header;
    if (typeof capability !== 'string' || typeof operation !== 'string' || id !== this.#host.lastCall + 1) {
      return this.#kill(errors.brokeProtocol('a malformed host call'));
    }
    if (body.byteLength > callBytesLimit) return this.#kill(errors.brokeProtocol('an oversized host call'));
    this.#host.lastCall = id;
    this.#calls += 1;
    if (this.#calls > this.#request.limits.host_calls) {
      return this.#kill(errors.tooManyCalls(this.#request.limits.host_calls));
    }
    if (capability === 'log') {
      this.#logBytes += body.byteLength;
      const limit = this.#surroundings.log_bytes;
      if (this.#logBytes > limit) return this.#kill(errors.tooMuchLog(limit));
    }
    const args = parseUntrustedJson(body, callKeyLimit);
    // It is refused by who records calls: none goes without a record.
    const call: HostCall =
      'problem' in args
        ? { capability, operation, args: bufferOver(body).toString(), malformed: args.problem }
        : { capability, operation, args: args.value };
    const heldBytes = body.byteLength + expectedAnswerBytes(call);
    this.#budget.admit(heldBytes, () => this.#perform(id, call, heldBytes));
    this.#applyBackpressure();
    return undefined;
  }

  #perform(id: number, call: HostCall, heldBytes: number): void {
    const controller = new AbortController();
    const open: OpenCall = { capability: call.capability, controller, heldBytes, isUnderway: false };
    this.#open.set(id, open);
    const underway = (): void => {
      open.isUnderway = true;
      this.#tellDecided();
    };
    const perform = async (): Promise<void> => {
      let answer: HostCallAnswer;
      try {
        answer = await this.#request.host(call, controller.signal, underway);
      } catch {
        answer = { error: { code: 'FAILED', message: 'the agent could not carry out the call' } };
      }
      // A call that was cancelled has its answer already.
      if (!this.#open.delete(id)) return;
      this.#answer(id, answer);
      this.#budget.change(-heldBytes);
      this.#tellDecided();
    };
    void perform();
  }

  #answer(id: number, answer: HostCallAnswer, mark: Readonly<Record<string, unknown>> = {}): void {
    if (this.#hasEnded) return;
    const isRefusal = errors.uncaughtRefusal(answer) !== undefined;
    if (isRefusal) this.#remember(id, answer);
    let json = answerText(answer);
    if (json.length > answerCharactersLimit) {
      const message = 'the answer is larger than 15 MiB; pass bulk data through a workspace file';
      json = JSON.stringify({ error: { code: 'LIMIT_EXCEEDED', message } });
    }
    this.#unanswered += 1;
    this.#budget.change(json.length);
    this.#host.sendCall({ t: 'answer', id, ...mark }, json, () => {
      this.#unanswered -= 1;
      this.#budget.change(-json.length);
      this.#applyBackpressure();
    });
    this.#applyBackpressure();
  }

  /** The latest are kept, as in the guest: what nobody catches is one of them, however many were caught before. */
  #remember(id: number, refusal: HostCallAnswer): void {
    this.#refusals.set(id, refusal);
    const [oldest] = this.#refusals.keys();
    if (oldest !== undefined && this.#refusals.size > rememberedRefusals) this.#refusals.delete(oldest);
  }

  /** The guest is done. What it left open is given up, but for refusals, which are known at once: they must not be lost. */
  #receiveEnding(): void {
    this.#isAsked = true;
    this.#callsWhenAsked = this.#calls;
    this.#tellDecided();
  }

  /** Behind the answers to all calls that are decided, since frames keep their order. */
  #tellDecided(): void {
    if (!this.#isAsked || this.#hasEnded) return;
    const open = [...this.#open.values()];
    if (open.some(({ isUnderway }) => !isUnderway)) return;
    // What waits for room has its turn at once where nothing is carried out.
    if (open.length === 0 && this.#budget.waitingBytes > 0) return;
    this.#isAsked = false;
    this.#host.sendCall({ t: 'decided', invocation: this.#number }, '', () => {});
  }

  /** What the agent doesn't read stays with the sandbox host. */
  #applyBackpressure(): void {
    const isTooMuch =
      this.#unanswered + this.#open.size > unansweredLimit || this.#budget.waitingBytes > waitingBytesLimit;
    if (isTooMuch && !this.#hasEnded) this.#host.pauseCalls();
    else this.#host.resumeCalls();
  }

  #receiveResult({ header, body }: Frame): void {
    const kind = guestResultKinds.find((each) => each === header['kind']);
    if (kind === undefined) return this.#kill(errors.brokeProtocol('a result of an unknown kind'));
    const outcome = outcomeOfResult(kind, body, {
      limits: this.#request.limits,
      isCancelled: this.#isCancelled,
      refusalOf: (call) => this.#refusals.get(call),
    });
    // What ran out of memory may have left its process in any state.
    if (kind === 'out_of_memory') return this.#kill(outcome);
    this.#finish({ outcome, host: 'reusable' });
    return undefined;
  }

  /** Open calls are given up; the guest may make others, to leave things in order, until the grace is over. */
  #cancel(): void {
    if (this.#hasEnded || this.#isCancelled) return;
    this.#isCancelled = true;
    for (const [id, { capability, controller, heldBytes }] of this.#open) {
      if (immediateCapabilities.has(capability)) continue;
      this.#open.delete(id);
      controller.abort();
      const message = 'the step is being cancelled';
      this.#answer(id, { error: { code: 'CANCELLED', message } }, { cancelled: true });
      this.#budget.change(-heldBytes);
    }
    this.#tellDecided();
    const grace = this.#request.limits.cancel_grace_ms;
    this.#cleanups.push(this.#surroundings.powers.after(grace, () => this.#kill(errors.cancelled())));
  }

  #kill(outcome: InvocationOutcome): void {
    if (this.#hasEnded) return;
    this.#settle();
    void this.#host.kill().then(() => this.#end.resolve({ outcome, host: 'gone' }));
  }

  #finish(end: InvocationEnd): void {
    if (this.#hasEnded) return;
    this.#settle();
    this.#end.resolve(end);
  }

  /** Nothing of this invocation goes on behind its end. */
  #settle(): void {
    this.#hasEnded = true;
    this.#host.listen(undefined);
    this.#host.resumeCalls();
    this.#budget.close();
    for (const cleanup of this.#cleanups) cleanup();
    for (const { controller } of this.#open.values()) controller.abort();
    this.#open.clear();
  }
}

/** A guess to reserve by; what an answer really takes is counted when it is there. */
function expectedAnswerBytes({ capability, args }: HostCall): number {
  // Sleeps overlap by the hundred.
  if (capability === 'sleep' || immediateCapabilities.has(capability)) return 0;
  const { max_bytes } = isJsonObject(args) ? args : {};
  const named = typeof max_bytes === 'number' ? max_bytes : usualAnswerBytes;
  return Math.max(0, Math.min(named, answerCharactersLimit));
}
