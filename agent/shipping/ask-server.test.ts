import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askServer, type ServerAnswer } from './ask-server.ts';

/** A server that answers as it is told to; `ask` asks it. */
async function serverThat(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const connections: Socket[] = [];
  const listening = createServer(answer).listen(0, '127.0.0.1');
  listening.on('connection', (socket) => connections.push(socket));
  await once(listening, 'listening');
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const url = `http://127.0.0.1:${address.port}/behind`;
  const ask = (options: { readonly answerMs?: number; readonly mostBytes?: number } = {}): Promise<ServerAnswer> => {
    const { answerMs = 30_000, mostBytes = 1000 } = options;
    const body = { type: 'text/plain', content: 'grüße' };
    const request = { method: 'POST', path: '/v1/agent/logs?a=1', body, mostBytes } as const;
    return askServer({ url, key: 'a-key' }, request, { signal: new AbortController().signal, answerMs });
  };
  return { ask, connections };
}

describe('what an agent asks a server', () => {
  it('goes to its path, with the key and all of the body', async () => {
    const { ask } = await serverThat((request, response) => {
      const { method, url, headers } = request;
      request.setEncoding('utf8');
      request.on('data', (text: string) => {
        response.end(JSON.stringify([method, url, headers.authorization, headers['content-type'], text]));
      });
    });
    const answer = await ask();
    expect(answer.kind === 'done' && JSON.parse(answer.content.toString())).toEqual([
      'POST',
      '/behind/v1/agent/logs?a=1',
      'Bearer a-key',
      'text/plain',
      'grüße',
    ]);
  });

  it.each([
    [422, {}, { kind: 'refused', status: 422, reason: '422 no such run' }],
    [503, { 'retry-after': '3' }, { kind: 'later', reason: '503 no such run', afterMs: 3000 }],
    // Nobody who answers for the server gets the key by that.
    [307, { location: 'http://127.0.0.1:1/' }, { kind: 'later', reason: '307 no such run' }],
  ])('is answered with %d', async (status, headers, expected) => {
    const { ask } = await serverThat((_, response) => {
      response.writeHead(status, headers).end('{"detail":"no such run"}');
    });
    expect(await ask()).toMatchObject(expected);
  });

  it('uses a connection again, and another one where the server has closed it meanwhile', async () => {
    let asked = 0;
    const { ask, connections } = await serverThat((request, response) => {
      asked += 1;
      // As a server that closes what was idle for long, just when it is used again.
      if (asked === 3) request.socket.resetAndDestroy();
      else request.resume().on('end', () => response.end('taken'));
    });
    const answers = [await ask(), await ask()];
    expect(connections).toHaveLength(1);
    answers.push(await ask());
    expect(answers.map(({ kind }) => kind)).toEqual(['done', 'done', 'done']);
    expect({ asked, connections: connections.length }).toEqual({ asked: 4, connections: 2 });
  });

  it('is given up where the answer takes too long, or is too long', async () => {
    const silent = await serverThat(() => {});
    expect(await silent.ask({ answerMs: 50 })).toEqual({ kind: 'later', reason: expect.stringContaining('timeout') });
    const talkative = await serverThat((_, response) => void response.end('x'.repeat(2000)));
    expect(await talkative.ask()).toEqual({ kind: 'later', reason: expect.stringContaining('longer than 1000 bytes') });
  });

  it('is to be asked again later where nobody answers', async () => {
    const request = { method: 'GET', path: '/', mostBytes: 1 } as const;
    const options = { signal: new AbortController().signal, answerMs: 30_000 };
    expect(await askServer({ url: 'http://127.0.0.1:1', key: '' }, request, options)).toEqual({
      kind: 'later',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
