import { ApiError, apiError, NoAnswerError, notWaterflow, WaterflowError } from './errors.ts';
import type { Problem } from './generated/models.ts';
import { LineTooLong, sseEvents } from './sse.ts';
import { objectIn, type Query, type RequestOptions, type Transport } from './transport.ts';

/** How a stream is followed. */
export interface StreamOptions extends Pick<RequestOptions, 'signal'> {
  /** Goes on behind the event of this id: the `position` of a log's line, the `sequence` of an event. */
  readonly after?: string | number | undefined;
  /** How long a server that is away is tried again, in ms. Default: ten minutes. */
  readonly reconnectForMs?: number | undefined;
}

/** What a stream says last: how the run ended. */
export interface StreamEnd {
  readonly run: string;
  readonly status: string;
}

/** Between attempts to connect, in ms: the first at once and then ever more, as a server that starts needs a second or so. */
const waitsMs = [100, 250, 500, 1000, 2000, 2000, 2000, 5000];
/** A stream without events has a comment every 15 seconds; one that has been still for so long is dead. */
const silenceMs = 60_000;
/** What may be over when one asks again. */
const passing: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** Server-sent events of a run until its end, also over restarts of the server: none left out and none twice. */
export async function* followEvents<Event>(
  transport: Transport,
  { path, query }: { readonly path: string; readonly query?: Query | undefined },
  { signal, after, reconnectForMs = 10 * 60_000 }: StreamOptions = {},
): AsyncGenerator<Event, StreamEnd, undefined> {
  const { powers, url } = transport;
  let last = after === undefined ? undefined : String(after);
  let attempts = 0;
  let lostAt: number | undefined;
  // The server is there, be it that nothing happens.
  const heard = (): void => {
    lostAt = undefined;
  };
  for (;;) {
    let lost: WaterflowError = new NoAnswerError(`the stream of ${url.origin} ended before the run did`);
    try {
      const headers = { accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) };
      for await (const event of sseEvents(chunksOf(transport, { path, query, headers }, { signal, heard }))) {
        attempts = 0;
        const data = objectIn(event.data, { url });
        if (event.event === 'end') return data as StreamEnd; // As the API says.
        if (event.event === 'failure') throw failureOf(data);
        if (event.event === 'message') yield data as Event; // The caller names what the path gives.
        last = event.id ?? last;
      }
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof LineTooLong) throw notWaterflow(url);
      if (!isPassing(thrown)) throw thrown;
      lost = thrown;
    }
    lostAt ??= powers.now();
    if (powers.now() - lostAt > reconnectForMs) throw lost;
    const retryAfterMs = lost instanceof ApiError ? lost.retryAfterMs : undefined;
    await powers.sleep(Math.max(waitsMs[Math.min(attempts, waitsMs.length - 1)] ?? 0, retryAfterMs ?? 0), signal);
    attempts += 1;
  }
}

/** The journal of a run that can't be read: the server says so in the middle of a stream. */
class StreamFailure extends ApiError {
  override readonly name: string = 'ServerError';
}

function failureOf({ message, status = 500, ...error }: Partial<Problem> & { readonly message?: string }): ApiError {
  const problem = { ...error, ...(message === undefined ? {} : { detail: message }) };
  return status === 500 ? new StreamFailure(problem, { status }) : apiError(problem, { status });
}

function isPassing(thrown: unknown): thrown is WaterflowError {
  if (thrown instanceof StreamFailure) return false;
  return thrown instanceof NoAnswerError || (thrown instanceof ApiError && passing.has(thrown.status));
}

/** The bytes of a stream, until it ends, breaks off or falls silent. */
async function* chunksOf(
  transport: Transport,
  request: Parameters<Transport['open']>[0],
  { signal, heard }: { readonly signal: AbortSignal | undefined; readonly heard: () => void },
): AsyncGenerator<Uint8Array, void, undefined> {
  const silence = new AbortController();
  const both = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal]);
  const quiet = (): ReturnType<typeof setTimeout> => setTimeout(() => silence.abort(), silenceMs);
  let timer = quiet();
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    const { body, headers } = await transport.open(request, { signal: both });
    // Not by `for await`, which not every browser has for streams.
    reader = body?.getReader();
    const isStream = headers.get('content-type')?.startsWith('text/event-stream') === true;
    if (!isStream) throw notWaterflow(transport.url);
    for (;;) {
      const next = await reader?.read();
      clearTimeout(timer);
      if (next?.value === undefined) return;
      heard();
      yield next.value;
      timer = quiet();
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    throw thrown instanceof WaterflowError ? thrown : new NoAnswerError('the stream broke off');
  } finally {
    clearTimeout(timer);
    // A reader that has had enough lets go of the connection.
    await reader?.cancel().catch(() => {});
  }
}
