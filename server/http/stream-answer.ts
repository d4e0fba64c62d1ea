import type { ServerResponse } from 'node:http';
import { stalledReaderMs } from './answer.ts';
import { ClientGone, type Exchange } from './exchange.ts';
import { HttpProblem } from './problem.ts';
import type { ApiResponse } from './route.ts';

/** The streams that are being sent. */
export interface OpenStreams {
  readonly most: number;
  count: number;
}

type StreamBody = Extract<ApiResponse['body'], { kind: 'stream' }>;

/**
 * Sends chunk by chunk, taking the next one only when the client has room for it. Ends with the chunks; where the client goes
 * away, or takes nothing for too long, the source is ended instead. Throws HttpProblem 503 before anything is sent where
 * there are too many streams, and whatever the source throws.
 */
export async function sendStream(
  exchange: Exchange,
  answer: ApiResponse & { readonly body: StreamBody },
  streams: OpenStreams,
): Promise<void> {
  const { request, response } = exchange;
  if (streams.count >= streams.most) throw tooManyStreams(streams.most);
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
  streams.count += 1;
  try {
    await pump(exchange, answer.body.chunks);
  } finally {
    streams.count -= 1;
  }
}

async function pump(exchange: Exchange, chunks: AsyncIterable<string | Uint8Array>): Promise<void> {
  const { response } = exchange;
  const iterator = chunks[Symbol.asyncIterator]();
  using gone = closing(response);
  for (;;) {
    const next = await Promise.race([iterator.next(), gone.promise]);
    if (next === 'closed') {
      // The source may be waiting for something that never comes: it isn't waited for.
      void Promise.resolve(iterator.return?.()).catch(() => {});
      throw new ClientGone();
    }
    if (next.done === true) break;
    if (next.value.length > 0 && !response.write(next.value)) await drained(exchange, gone.promise);
  }
  response.end();
}

/** Resolves when the connection is gone. */
function closing(response: ServerResponse): Disposable & { readonly promise: Promise<'closed'> } {
  let onClose = (): void => {};
  const promise = new Promise<'closed'>((resolve) => {
    onClose = () => resolve('closed');
    response.on('close', onClose);
    if (response.destroyed || response.socket?.destroyed === true) onClose();
  });
  return { promise, [Symbol.dispose]: () => response.off('close', onClose) };
}

async function drained({ response, clock }: Exchange, gone: Promise<'closed'>): Promise<void> {
  let onDrain = (): void => {};
  const drain = new Promise<'drained'>((resolve) => {
    onDrain = () => resolve('drained');
    response.on('drain', onDrain);
  });
  const cancel = clock.after(stalledReaderMs, () => response.destroy());
  try {
    await Promise.race([drain, gone]);
  } finally {
    cancel();
    response.off('drain', onDrain);
  }
}

function tooManyStreams(most: number): HttpProblem {
  const message = `there are ${most} streams already`;
  const remedy = 'Try again later, or ask without following.';
  return new HttpProblem(503, { code: 'SERVER_UNAVAILABLE', message, remedy }, { headers: { 'Retry-After': '5' } });
}
