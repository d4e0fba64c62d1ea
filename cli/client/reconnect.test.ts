import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { processTerminal } from '../terminal.ts';
import { textStream } from '../testing/terminal.ts';
import { createClient } from './http.ts';
import { followStream } from './reconnect.ts';

const end = 'event: end\ndata: {"status":"success"}\n\n';
const line = (id: number): string => `id: ${id}\ndata: {"text":"line ${id}"}\n\n`;

/** Follows what a real server sends, one listener a connection; the last one stays. */
async function following(listeners: readonly RequestListener[], signal = new AbortController().signal) {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const id = request.headers['last-event-id'];
    asked.push(Array.isArray(id) ? id[0] : id);
    listeners[Math.min(asked.length, listeners.length) - 1]?.(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const client = createClient({ url: new URL(`http://127.0.0.1:${port}/`), words: [] });
  const seen: JsonObject[] = [];
  const stderr = textStream();
  const ended = followStream({ ...processTerminal(process), stderr }, client, {
    request: { path: 'v1/logs' },
    each: async (data) => void seen.push(data),
    signal,
  });
  return { ended, seen, asked, stderr };
}

describe('a stream that is followed', () => {
  it('goes on behind the last event where the connection breaks off', async () => {
    const { ended, seen, asked } = await following([
      (_, response) => {
        response.write(line(1));
        response.write(`${line(2)}id: 3\ndata: {"text":"cut`, () => response.destroy());
      },
      (_, response) => response.writeHead(503).end('{"code":"SERVER_UNAVAILABLE","detail":"starting","remedy":"wait"}'),
      (_, response) => response.destroy(),
      (_, response) => response.end(`${line(3)}${end}`),
    ]);
    expect(await ended).toEqual({ kind: 'ended', data: { status: 'success' } });
    expect(seen).toEqual([1, 2, 3].map((id) => ({ text: `line ${id}` })));
    expect(asked).toEqual([undefined, '2', '2', '2']);
  });

  it('ends where the server refuses', async () => {
    const { ended } = await following([
      (_, response) => response.write(line(1), () => response.destroy()),
      (_, response) => response.writeHead(401).end('{"code":"UNAUTHENTICATED","detail":"no","remedy":"key"}'),
    ]);
    await expect(ended).rejects.toThrow(WaterflowFailure);
  });

  it('ends with what broke the stream off', async () => {
    const failure = 'event: failure\ndata: {"code":"JOURNAL_BROKEN","message":"torn","remedy":"none"}\n\n';
    const { ended } = await following([(_, response) => response.end(failure)]);
    await expect(ended).rejects.toMatchObject({ error: { code: 'JOURNAL_BROKEN', message: 'torn' } });
  });

  it('ends when somebody has had enough', async () => {
    const enough = new AbortController();
    const { ended } = await following([(_, response) => response.write(line(1), () => enough.abort())], enough.signal);
    expect(await ended).toEqual({ kind: 'interrupted' });
  });
});
