import { type SseEvent, sseEvents } from '../../clients/typescript/sse.ts';
import { type ErrorCode, isJsonObject, type Json, type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import type { Terminal } from '../terminal.ts';
import { type Client, type ClientRequest, errorOf } from './http.ts';

/** How a stream came to its end. */
export type StreamEnd =
  /** The server said that nothing more comes; `data` is what it said. */
  { readonly kind: 'ended'; readonly data: JsonObject } | { readonly kind: 'interrupted' };

/** A stream of the server that goes on over its restarts. */
export interface FollowedStream {
  readonly request: ClientRequest;
  /** Of each event, in order, none twice. A stream is read as slowly as this resolves. */
  readonly each: (data: JsonObject) => Promise<void>;
  /** Aborts where somebody has had enough. */
  readonly signal: AbortSignal;
}

/** Between two attempts to connect: the first at once and then ever more, as a server that starts needs a second or so. */
const waitsMs = [100, 250, 500, 1000, 2000, 5000];
/** A server that doesn't come back within about this is gone. */
const patienceMs = 10 * 60_000;

/**
 * Reads a stream of events until its `end`. Where the connection breaks off, or the server is away, it goes on behind the last event
 * (Last-Event-ID). Rejects with WaterflowFailure where the server refuses, or doesn't come back.
 */
export async function followStream(
  terminal: Pick<Terminal, 'stderr' | 'now' | 'every'>,
  client: Client,
  { request, each, signal }: FollowedStream,
): Promise<StreamEnd> {
  let last: string | undefined;
  let attempts = 0;
  let lostAt: number | undefined;
  for (;;) {
    try {
      const headers = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) };
      const chunks = await client.stream({ ...request, headers, signal });
      if (lostAt !== undefined) terminal.stderr.write('connected again\n');
      lostAt = undefined;
      for await (const event of sseEvents(chunks)) {
        attempts = 0;
        const data = dataOf(event);
        if (event.event === 'end') return { kind: 'ended', data };
        if (event.event === 'failure') throw new WaterflowFailure(errorOf(data));
        if (event.event === 'message') await each(data);
        last = event.id;
      }
    } catch (cause) {
      if (signal.aborted) return { kind: 'interrupted' };
      if (!isPassing(cause)) throw cause;
      if (lostAt !== undefined && terminal.now() - lostAt > patienceMs) throw cause;
    }
    if (signal.aborted) return { kind: 'interrupted' };
    if (lostAt === undefined && attempts > 0) {
      lostAt = terminal.now();
      terminal.stderr.write(`the connection to ${client.target.url.origin} is lost; trying again (Ctrl-C ends this)\n`);
    }
    await pause(terminal, waitsMs[Math.min(attempts, waitsMs.length - 1)] ?? 0, signal);
    attempts += 1;
  }
}

/** What may be over when one asks again: a server that starts or is busy, a database that does. */
const passing: ReadonlySet<ErrorCode> = new Set(['SERVER_UNAVAILABLE', 'RATE_LIMITED', 'STORAGE_FAILED']);

function isPassing(cause: unknown): boolean {
  // A stream that breaks off is an error of fetch().
  return cause instanceof WaterflowFailure ? passing.has(cause.error.code) : cause instanceof Error;
}

function dataOf({ data }: SseEvent): JsonObject {
  try {
    const value = JSON.parse(data) as Json; // JSON.parse() gives nothing else.
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}

/** Resolves after that time, or at once when `signal` aborts. */
export async function pause(
  { every }: Pick<Terminal, 'every'>,
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = every(milliseconds, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
