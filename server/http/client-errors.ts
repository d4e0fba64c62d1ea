import { type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WaterflowError } from '../../schemas/index.ts';
import { newId } from '../ids.ts';
import { HttpProblem, problemBody } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

/** How long a client has to read why its connection is closed. */
const farewellMs = 500;

/** Answers what is no HTTP, or too much of it, or too slow, and closes the connection: what follows on it can't be trusted. */
export function answerClientErrors(server: Server): void {
  const answers = new WeakMap<Duplex, ServerResponse>();
  const dismissed = new WeakSet<Duplex>();
  server.on('request', (request, response) => answers.set(request.socket, response));
  server.on('checkContinue', (request, response) => answers.set(request.socket, response));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What it still sends is no request either.
    if (dismissed.has(socket)) return;
    dismissed.add(socket);
    const answer = answers.get(socket);
    const isAnswering = answer !== undefined && answer.headersSent && !answer.writableFinished;
    if (!socket.writable || isAnswering || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    socket.end(rawAnswer(problemOf(error)));
    setTimeout(() => socket.destroy(), farewellMs).unref();
  });
}

function problemOf(error: NodeJS.ErrnoException): HttpProblem {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return refusal(431, 'the headers are too large', 'Send fewer and shorter headers.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return refusal(408, 'the request did not come in time', 'Send it faster.', 'TIMEOUT');
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return refusal(413, 'the chunks have too large extensions', 'Send chunks without extensions.', 'BODY_TOO_LARGE');
    default:
      return refusal(400, 'the request is not valid HTTP', 'Send it with an HTTP library.');
  }
}

function refusal(
  status: number,
  message: string,
  remedy: string,
  code: WaterflowError['code'] = 'INVALID_INPUT',
): HttpProblem {
  return new HttpProblem(status, { code, message, remedy });
}

function rawAnswer(problem: HttpProblem): string {
  const id = newId('req');
  const body = JSON.stringify(problemBody(problem, id));
  const headers = {
    ...securityHeaders,
    'X-Request-Id': id,
    'Content-Type': 'application/problem+json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`, ...lines, '', body].join('\r\n');
}
