import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { generate } from './generator.ts';

/** A server of the test's own, as long as it is used. */
async function serving(listener: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening server has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('a load of so many requests a second', () => {
  it('counts for each how long it was late, also where the server stalls', async () => {
    const stalledMs = 400;
    let begun: number | undefined;
    await using server = await serving((_request, response) => {
      begun ??= performance.now();
      void setTimeout(Math.max(0, begun + stalledMs - performance.now())).then(() => response.end());
    });
    const request = { method: 'GET', path: '/', status: 200 } as const;
    const { latencies } = await generate({
      kind: 'open-loop',
      url: server.url,
      headers: {},
      request,
      perSecond: 100,
      count: 20,
    });
    // The last one was to be sent 190 ms after the first.
    const late = latencies.filter((latency) => latency > stalledMs - 250);
    expect([latencies.length, late.length]).toEqual([20, 20]);
  });

  it('says what was answered otherwise', async () => {
    await using server = await serving((_request, response) => {
      response.statusCode = 503;
      response.end();
    });
    const request = { method: 'GET', path: '/', status: 200 } as const;
    const task = { kind: 'open-loop', url: server.url, headers: {}, request, perSecond: 100, count: 5 } as const;
    expect((await generate(task)).unexpected).toEqual({ 503: 5 });
  });
});

describe('followers', () => {
  it('have each line once, wherever chunks cut it', async () => {
    await using server = await serving((_request, response) => {
      void (async () => {
        const text = `data: {"text":"written=${(Date.now() / 1000).toFixed(6)}"}\n\n`;
        for (const chunk of [
          text.slice(0, 20),
          text.slice(20, 33),
          text.slice(33) + text.slice(0, 41),
          text.slice(41),
        ]) {
          response.write(chunk);
          await setTimeout(20);
        }
        response.end();
      })();
    });
    const task = { kind: 'follow', url: server.url, headers: {}, path: '/', followers: 3 } as const;
    const { first, all } = await generate(task);
    expect([first.length, all.length]).toEqual([3, 6]);
    expect(Math.min(...all)).toBeGreaterThanOrEqual(0);
  });
});
