import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '../../schemas/index.ts';

/** An event of a run, as a server tells it. */
export interface RunEvent {
  /** 1, 2, 3... */
  readonly sequence: number;
  readonly at: string;
  /** Absent: it is of the run itself. */
  readonly job?: string;
  readonly type: string;
  readonly event: JsonObject;
}

/** One message of an event stream. */
interface Message {
  readonly event: string;
  readonly data: string;
}

const againMs = 100;
/** A server whose machine is busy may be silent for a while; a stream that was cut off without a word is given up then. */
const silenceMs = 60_000;

/** Follows a run's events, over servers that go and come again. */
export class Follower {
  readonly #url: string;
  readonly #events: RunEvent[] = [];
  readonly #problems: string[] = [];
  readonly #ended = new AbortController();
  #changed = Promise.withResolvers<undefined>();

  constructor(server: string, run: string) {
    this.#url = `${server}/v1/workflows/${run}/events`;
  }

  get events(): readonly RunEvent[] {
    return this.#events;
  }

  /** Events that were left out, or came twice. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  get isEnded(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Resolves when the stream is at its end; rejects when aborted. */
  async follow(signal: AbortSignal): Promise<void> {
    while (!this.isEnded) {
      signal.throwIfAborted();
      // A server that is killed hangs up.
      await this.#read(signal).catch(() => {});
      if (!this.isEnded) await sleep(againMs);
    }
  }

  /** Resolves when so many events have come, or there will be no more. */
  async reach(count: number, signal: AbortSignal): Promise<void> {
    while (this.#events.length < count && !this.isEnded) {
      signal.throwIfAborted();
      await Promise.race([this.#changed.promise, sleep(1000)]);
    }
  }

  async #read(signal: AbortSignal): Promise<void> {
    const last = this.#events.at(-1)?.sequence ?? 0;
    const silence = new AbortController();
    let late = setTimeout(() => silence.abort(), silenceMs);
    try {
      const response = await fetch(this.#url, {
        headers: { accept: 'text/event-stream', 'last-event-id': String(last) },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (!response.ok || response.body === null) return;
      let text = '';
      for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(late);
        late = setTimeout(() => silence.abort(), silenceMs);
        const messages = `${text}${chunk}`.split('\n\n');
        text = messages.pop() ?? '';
        for (const message of messages) this.#take(parseMessage(message));
      }
    } finally {
      clearTimeout(late);
    }
  }

  #take({ event, data }: Message): void {
    if (event === 'end') this.#ended.abort();
    else if (event === 'message' && data !== '') {
      const told = JSON.parse(data) as RunEvent; // As the API says.
      const expected = (this.#events.at(-1)?.sequence ?? 0) + 1;
      if (told.sequence !== expected) this.#problems.push(`event ${told.sequence} came where ${expected} was next`);
      this.#events.push(told);
    }
    this.#changed.resolve(undefined);
    this.#changed = Promise.withResolvers();
  }
}

function parseMessage(text: string): Message {
  const fields = text.split('\n').map((line) => /^(\w+): (.*)$/u.exec(line)?.slice(1) ?? []);
  const valueOf = (name: string): string | undefined => fields.find(([field]) => field === name)?.[1];
  return { event: valueOf('event') ?? 'message', data: valueOf('data') ?? '' };
}
