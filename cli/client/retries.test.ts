import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { testTerminal } from '../testing/terminal.ts';
import { createClient } from './http.ts';
import { sendPatiently } from './retries.ts';

async function portOf(server: Server, port = 0): Promise<number> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port; // It listens on a port.
}

/** Sends a request to that URL; `meanwhile` is done instead of each wait. */
async function sent(url: string, meanwhile: (waits: number) => Promise<unknown>) {
  let now = 0;
  let waits = 0;
  const every = (ms: number, callback: () => void): (() => void) => {
    now += ms;
    waits += 1;
    void (async () => {
      await meanwhile(waits);
      callback();
    })();
    return () => {};
  };
  const client = createClient({ url: new URL(url), words: [] });
  const terminal = { ...testTerminal({ now: () => now }), every };
  const answer = await sendPatiently(terminal, client, { request: { path: 'healthz' }, retryForMs: 5000 }).catch(
    (cause: unknown) => cause,
  );
  return { answer, waits };
}

describe('a request to a server that is away', () => {
  it('is answered once the server is there', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const free = (gone.address() as AddressInfo).port; // It listened on a port.
    await once(gone.close(), 'close');
    const server = createServer((_, response) => response.end('{"status":"ok"}'));
    const start = async (waits: number) => (waits === 3 ? await portOf(server, free) : undefined);
    expect(await sent(`http://127.0.0.1:${free}/`, start)).toEqual({
      answer: { ok: true, status: 200, body: { status: 'ok' } },
      waits: 3,
    });
  });

  it('is not sent again to what is no server of ours', async () => {
    const port = await portOf(createTlsServer());
    const { answer, waits } = await sent(`https://127.0.0.1:${port}/`, async () => {});
    expect({ answer, waits }).toMatchObject({ answer: { error: { code: 'SERVER_UNAVAILABLE' } }, waits: 0 });
  });
});
