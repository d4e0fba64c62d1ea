import { hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Digest, RunId } from '../../schemas/index.ts';
import { payloadsOf } from './payloads.ts';

const run = 'run-00000000000000000000000001' as RunId;
const bytes = randomBytes(700_000);
// The digest of what it is.
const digest = `sha256:${hash('sha256', bytes, 'hex')}` as Digest;
const soon = { firstPauseMs: 1, mostPauseMs: 5 };

/** A server that does with each request what comes next, and with all that follow the last of it. */
async function server(...answers: readonly ((request: IncomingMessage, response: ServerResponse) => unknown)[]) {
  let asked = 0;
  const listening = createServer((request, response) => {
    const answer = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    void answer?.(request, response);
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  onTestFinished(() => {
    listening.closeAllConnections();
    listening.close();
  });
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}`, key: 'a-key', asked: () => asked };
}

const unavailable = (_: IncomingMessage, response: ServerResponse) => response.writeHead(503).end();
const cut = (_: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, 1000), () => response.destroy());
};
const short = (_: IncomingMessage, response: ServerResponse) => response.end(bytes.subarray(0, 1000));
const whole = (_: IncomingMessage, response: ServerResponse) => response.end(bytes);

describe('large payloads that a server keeps', () => {
  it('are asked for until all of one has come, whatever goes wrong before', async () => {
    const at = await server(unavailable, cut, short, whole);
    expect(await payloadsOf(at, soon).get(run, digest)).toEqual(bytes);
    expect(at.asked()).toBe(4);
  });

  it('are put until the server has one, with the key of the agent', async () => {
    const taken: unknown[] = [];
    const at = await server(unavailable, async (request, response) => {
      const { method, url, headers } = request;
      taken.push([method, url, headers.authorization, (await buffer(request)).equals(bytes)]);
      response.writeHead(204).end();
    });
    await payloadsOf(at, soon).put(run, digest, bytes);
    const path = `/v1/agent/runs/${run}/payloads/${encodeURIComponent(digest)}`;
    expect(taken).toEqual([['PUT', path, 'Bearer a-key', true]]);
  });

  it('are not there where the server says so, and fail where it refuses or does not answer in time', async () => {
    const status = (code: number) => server((_, response) => response.writeHead(code).end('{"detail":"why"}'));
    expect(await payloadsOf(await status(404), soon).get(run, digest)).toBeUndefined();
    await expect(payloadsOf(await status(422), soon).put(run, digest, bytes)).rejects.toMatchObject({
      error: { code: 'STORAGE_FAILED', message: expect.stringContaining('422 why') },
    });
    const never = payloadsOf(await status(503), { ...soon, patienceMs: 50 });
    await expect(never.get(run, digest)).rejects.toMatchObject({
      error: { code: 'STORAGE_FAILED', message: expect.stringContaining('503 why') },
    });
  });

  it('go and come a few at a time', async () => {
    let now = 0;
    let most = 0;
    const at = await server((_, response) => {
      now += 1;
      most = Math.max(most, now);
      setImmediate(() => {
        now -= 1;
        response.end(bytes);
      });
    });
    const payloads = payloadsOf(at, soon);
    const all = await Promise.all(Array.from({ length: 20 }, () => payloads.get(run, digest)));
    expect(all.every((one) => one?.length === bytes.length)).toBe(true);
    expect(most).toBeLessThanOrEqual(4);
  });
});
