/** A server that isn't Waterflow, or not quite: what it answers is told by the first part of the path. */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

const json = 'application/json';
const events = 'text/event-stream';

const answers: Readonly<Record<string, (response: ServerResponse) => void>> = {
  // Takes a request, and never answers.
  silent: () => {},
  object: (response) => response.setHeader('content-type', json).end('{}'),
  list: (response) => response.setHeader('content-type', json).end('[]'),
  nothing: (response) => response.setHeader('content-type', json).end(),
  page: (response) => response.setHeader('content-type', 'text/html').end('<!doctype html>\n\n<p>Hello'),
  // Neither is it gzip.
  packed: (response) => response.setHeader('content-type', json).setHeader('content-encoding', 'gzip').end('{}'),
  'stream-that-ends': (response) => response.setHeader('content-type', events).end(),
  'stream-of-no-json': (response) => response.setHeader('content-type', events).end('data: {\n\n'),
  'stream-of-other-things': (response) => response.setHeader('content-type', events).end('data: []\n\n'),
  'stream-of-one-line': (response) =>
    response.setHeader('content-type', events).end(`data: ${'x'.repeat(17 * 1024 * 1024)}`),
};

/** Those of a call, and those of a stream. */
export const strangeCalls: readonly string[] = ['object', 'list', 'nothing', 'page', 'packed'];
export const strangeStreams: readonly string[] = [
  ...strangeCalls,
  ...Object.keys(answers).filter((name) => name.startsWith('stream-')),
];

/** Starts it, until the test is over. Returns its URL. */
export async function strangeServer(): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const [, name = ''] = url.split('/');
    answers[name]?.(response);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `http://127.0.0.1:${address.port}`;
}
