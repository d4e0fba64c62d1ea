import type { ServerResponse } from 'node:http';
import { assertNever } from '../../schemas/index.ts';
import type { Exchange } from './exchange.ts';
import { type HttpProblem, problemBody } from './problem.ts';
import type { ApiResponse } from './route.ts';

/** A reader that takes nothing for so long is cut off. */
export const stalledReaderMs = 120_000;
/** What is still coming of a body after its answer is taken off the connection up to here: a client that sends would miss it. */
const lingerBytes = 1024 * 1024;
/** One that is too large, and said how large, up to here: most libraries send all of it before they look for an answer. */
const tooLargeLingerBytes = 128 * 1024 * 1024;
const lingerMs = 2000;
/** A body of that size is read to its end, and the connection lives on. */
const smallBodyBytes = 64 * 1024;
/** What can't be done now is worth another try then, where nobody knows it better. */
const retryAfterSeconds = '5';

/** Answers with what a handler gave, other than a stream. HEAD gets the same headers and no body. */
export async function sendWhole(exchange: Exchange, answer: ApiResponse): Promise<void> {
  const { response } = exchange;
  const { body, headers = {} } = answer;
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (body === undefined || body.kind === 'stream') {
    await end(exchange, undefined);
    return;
  }
  response.setHeader('Content-Type', body.kind === 'json' ? (body.type ?? 'application/json') : body.type);
  await end(exchange, bytesOf(body));
}

type WholeBody = Exclude<NonNullable<ApiResponse['body']>, { readonly kind: 'stream' }>;

function bytesOf(body: WholeBody): Buffer {
  switch (body.kind) {
    case 'json':
      return Buffer.from(JSON.stringify(body.value));
    case 'text':
      return Buffer.from(body.text);
    case 'bytes':
      return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.byteLength);
    default:
      return assertNever(body);
  }
}

/** Answers with a problem, in the place of anything that was to be answered. */
export async function sendProblem(exchange: Exchange, problem: HttpProblem): Promise<void> {
  const { response } = exchange;
  if (problem.status === 503) response.setHeader('Retry-After', retryAfterSeconds);
  for (const [name, value] of Object.entries(problem.extras.headers ?? {})) response.setHeader(name, value);
  response.statusCode = problem.status;
  response.setHeader('Content-Type', 'application/problem+json');
  await end(exchange, Buffer.from(JSON.stringify(problemBody(problem, exchange.id))));
}

async function end(exchange: Exchange, body: Buffer | undefined): Promise<void> {
  const { request, response, clock } = exchange;
  const takesBody = response.statusCode !== 204 && response.statusCode !== 304;
  if (takesBody) response.setHeader('Content-Length', body?.length ?? 0);
  const written = request.method === 'HEAD' || !takesBody ? undefined : body;
  request.socket.setTimeout(stalledReaderMs);
  // A client that was too slow isn't waited for. Of one that waits for leave to send, nobody knows whether it will.
  const isGivenUp = response.statusCode === 408 || exchange.expectsContinue;
  if (request.complete || isGivenUp) {
    if (isGivenUp) response.setHeader('Connection', 'close');
    response.end(written);
    return;
  }
  if (isSmall(exchange)) {
    response.end(written);
    request.resume();
    clock.after(lingerMs, () => {
      if (!request.complete) request.socket.destroy();
    });
    return;
  }
  response.setHeader('Connection', 'close');
  if (written === undefined) response.flushHeaders();
  else response.write(written);
  await linger(exchange);
  response.end();
}

function isSmall({ request: { headers } }: Exchange): boolean {
  return headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) <= smallBodyBytes;
}

/** Takes what still comes, within bounds: a connection that is closed with bytes unread is reset, and the answer lost. */
function linger(exchange: Exchange): Promise<void> {
  const { request, clock } = exchange;
  const most = mostTaken(exchange);
  return new Promise((resolve) => {
    let size = 0;
    const cancel = clock.after(lingerMs, () => done());
    const done = (): void => {
      cancel();
      request.off('data', onData).off('end', done).off('close', done);
      request.pause();
      resolve();
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      // Nothing more is taken, and the connection is left open for a moment: a client that can send no more reads its answer.
      if (size > most) request.off('data', onData).pause();
    };
    request.on('data', onData).on('end', done).on('close', done);
    request.resume();
  });
}

function mostTaken({ request: { headers }, response }: Exchange): number {
  const declared = Number(headers['content-length'] ?? 0);
  return response.statusCode === 413 && declared <= tooLargeLingerBytes ? Math.max(declared, lingerBytes) : lingerBytes;
}

/** Cuts an answer off that can't be completed, so that the client sees that it isn't complete. */
export function cutOff(response: ServerResponse): void {
  response.destroy();
}
