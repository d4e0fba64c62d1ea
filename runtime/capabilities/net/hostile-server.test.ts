import { readdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { makeTestScope } from '../testing/call.ts';
import { request } from './testing/request.ts';

/** A server that says whatever it likes to whoever connects. */
async function speak(answer: (socket: Socket) => void): Promise<AsyncDisposable & { readonly origin: string }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The client hangs up in the middle of it all.
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const address = server.address();
  return {
    origin: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}

/** Says the same again for as long as somebody listens. */
function forEver(socket: Socket, text: string): void {
  const more = (): void => {
    if (!socket.destroyed) socket.write(text, () => setImmediate(more));
  };
  more();
}

const head = 'HTTP/1.1 200 OK\r\n';

describe('an answer that is no HTTP', () => {
  test.each([
    ['nothing of the kind', 'just text'],
    ['bytes', '\u0000\u0001\u0002'],
    ['a status below 100', 'HTTP/1.1 000 X\r\ncontent-length: 0\r\n\r\n'],
    ['a change of the protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'],
    ['two lengths', `${head}content-length: 2\r\ncontent-length: 5\r\n\r\nokxxx`],
    ['a length and chunks', `${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`],
    ['a negative length', `${head}content-length: -2\r\n\r\nok`],
    ['less than it announced', `${head}content-length: 200\r\n\r\nok`],
    ['a chunk of no size', `${head}transfer-encoding: chunked\r\n\r\nZZ\r\nok\r\n0\r\n\r\n`],
    ['a chunk larger than anything', `${head}transfer-encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nok`],
    ['a coding that it does not have', `${head}content-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc`],
  ])('%s is a failure that says so', async (_what, text) => {
    await using server = await speak((socket) => socket.end(text, 'latin1'));
    await using scope = makeTestScope();
    await expect(request(scope, { url: server.origin })).rejects.toMatchObject({
      code: 'FAILED',
      message: expect.not.stringContaining('undefined'),
    });
  });
});

describe('an answer without end', () => {
  test.each([
    ['informational answers', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n', 'TIMEOUT'],
    ['a header', `${head}x: `, 'LIMIT_EXCEEDED', 'y'.repeat(1000)],
    ['headers', head, 'LIMIT_EXCEEDED', 'x: y\r\n'],
    ['trailers', `${head}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`, 'LIMIT_EXCEEDED', 'x: y\r\n'],
    ['a body', `${head}\r\n`, 'LIMIT_EXCEEDED', 'x'.repeat(10_000)],
    ['the size of a chunk', `${head}transfer-encoding: chunked\r\n\r\n1;`, 'TIMEOUT', 'x'.repeat(1000)],
  ])('in %s is cut off', async (_what, start, code, more = start) => {
    await using server = await speak((socket) => {
      socket.write(start);
      forEver(socket, more);
    });
    await using scope = makeTestScope();
    // A loaded machine must not be cut off by time where it is the size that counts.
    const timeout_ms = code === 'TIMEOUT' ? 700 : 60_000;
    await expect(request(scope, { url: server.origin, timeout_ms })).rejects.toMatchObject({ code });
  });
});

test('a header by the name of a prototype is no header', async () => {
  await using server = await speak((socket) => socket.end(`${head}__proto__: x\r\nconstructor: y\r\n\r\nok`));
  await using scope = makeTestScope();
  const answer = await request(scope, { url: server.origin });
  expect(Object.keys(answer.headers ?? {})).toEqual(['constructor']);
});

test('a body that comes drop by drop ends with the call', async () => {
  await using server = await speak((socket) => {
    socket.write(`${head}content-length: 999999999999\r\n\r\n`);
    forEver(socket, 'x');
  });
  await using scope = makeTestScope();
  const asked = request(scope, { url: server.origin, timeout_ms: 300, response: { file: 'kept' } });
  await expect(asked).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(readdirSync(scope.workspace)).toEqual([]);
});

test('what follows the answer on its connection is an answer to nobody', async () => {
  await using server = await speak((socket) =>
    socket.write(`${head}content-length: 2\r\n\r\nok${head}content-length: 4\r\n\r\nevil`),
  );
  await using scope = makeTestScope();
  for (const path of ['/first', '/second']) {
    const asked = request(scope, { url: `${server.origin}${path}` });
    await expect(asked).resolves.toMatchObject({ body: 'ok' });
  }
});
