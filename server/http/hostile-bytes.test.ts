import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bodyRoute, exampleRoute } from '../testing/example-routes.ts';
import { connectRaw, statusesIn } from '../testing/raw-socket.ts';
import { startServer } from '../testing/start-server.ts';

/** What requests are made of, right and wrong. */
const pieces = [
  'GET /v1/thing HTTP/1.1\r\n',
  'POST /v1/bodies HTTP/1.1\r\n',
  'OPTIONS * HTTP/1.1\r\n',
  'GET http://a/v1/thing?limit=%00 HTTP/1.0\r\n',
  'CONNECT a:1 HTTP/1.1\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'Host: a\r\n',
  'Content-Type: application/json\r\n',
  'Content-Type: application/x-stream\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 99999999999999999999\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Expect: 100-continue\r\n',
  'Connection: close\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'X-Request-Id: \u00ff\r\n',
  'X-Forwarded-For: ,,,\r\n',
  'Authorization: Bearer \u00e9\r\n',
  '\r\n',
  '5\r\nhello\r\n',
  '0\r\n\r\n',
  '{"a":',
  'hello',
  '\0',
  '\n',
] as const;

test('whatever comes is answered by 2xx or 4xx, or closed, and the server goes on', { timeout: 60_000 }, async () => {
  await using server = await startServer({
    routes: () => [exampleRoute(), bodyRoute()],
    config: { trustedProxies: ['127.0.0.1'] },
    limits: { headersTimeoutMs: 150, requestTimeoutMs: 100 },
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 12 }), async (parts) => {
      using connection = await connectRaw(server.url);
      connection.write(Buffer.from(parts.join(''), 'latin1'));
      connection.socket.end();
      const statuses = statusesIn(await connection.ended());
      expect(statuses.filter((status) => status >= 500)).toEqual([]);
    }),
    { numRuns: 150 },
  );
  expect((await fetch(`${server.url}/v1/thing`)).status).toBe(200);
  expect(server.logged.filter(({ level }) => level === 'error')).toEqual([]);
});
