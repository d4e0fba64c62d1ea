import type { ServerResponse } from 'node:http';
import { stalledReaderMs } from './answer.ts';
import { ClientGone, type Exchange } from './exchange.ts';
import type { HttpProblem } from './problem.ts';
import type { ApiResponse } from './route.ts';
import type { Standings } from './standings.ts';
import type { StreamPlaces } from './stream-places.ts';

/** A client whose key is over has so long to take what is left. */
const lastWordsMs = 2_000;

type StreamBody = Extract<ApiResponse['body'], { kind: 'stream' }>;

/**
 * Sends chunk by chunk, taking the next one only when the client has room for it. Ends with the chunks; where the client goes
 * away, takes nothing for too long, or has a key that is over, the source is ended instead. Throws HttpProblem 503 before anything is sent where
 * there are too many streams, or the tenant has too many, and whatever the source throws.
 */
export async function sendStream(
  exchange: Exchange,
  answer: ApiResponse & { readonly body: StreamBody },
  { streams, standings }: { readonly streams: StreamPlaces; readonly standings: Standings },
): Promise<void> {
  const { request, response, principal, remote } = exchange;
  using _place = streams.take(principal?.tenant ?? remote);
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  response.setHeader('Content-Type', answer.body.type);
  // nginx would collect what is to be seen at once.
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  using _watch = standings.watch(exchange, (why) => endSoon(exchange, why));
  await pump(exchange, answer.body.chunks);
}

/** The source ends, and says why where its form has a place for that; a client that doesn't take it is cut off. */
function endSoon({ response, clock, abort }: Exchange, why: HttpProblem): void {
  abort(why);
  const cancel = clock.after(lastWordsMs, () => response.destroy());
  response.once('close', cancel);
}

async function pump(exchange: Exchange, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  const { response, clock } = exchange;
  const iterator = chunks[Symbol.asyncIterator]();
  using connection = watchConnection(response);
  for (;;) {
    const next = await connection.unlessClosed(iterator.next());
    if (next === 'closed') {
      // The source may be waiting for something that never comes: it isn't waited for.
      void Promise.resolve(iterator.return?.()).catch(() => {});
      throw new ClientGone();
    }
    if (next.done === true) break;
    if (next.value.length === 0 || response.write(next.value)) continue;
    const cancel = clock.after(stalledReaderMs, () => response.destroy());
    await connection.unlessClosed(drained(response));
    cancel();
  }
  response.end();
}

interface WatchedConnection extends Disposable {
  /** What a promise gives, or that the connection was closed before. */
  unlessClosed<Value>(promise: Promise<Value>): Promise<Value | 'closed'>;
}

/** A race with one long-lived promise would keep something of every chunk until the stream ends: here only the current one waits. */
function watchConnection(response: ServerResponse): WatchedConnection {
  let isClosed = response.destroyed || response.socket?.destroyed === true;
  let notify = (): void => {};
  const onClose = (): void => {
    isClosed = true;
    notify();
  };
  response.on('close', onClose);
  return {
    unlessClosed: (promise) =>
      new Promise((resolve, reject) => {
        promise.then(resolve, reject);
        notify = () => resolve('closed');
        if (isClosed) notify();
      }),
    [Symbol.dispose]: () => response.off('close', onClose),
  };
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.once('drain', resolve));
}
