/** A server that is given more than it takes on at a time. */
import { createConnection, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

const waits = 'on: manual\njobs: { a: { steps: [{ uses: approval@v1 }] } }\n';

/** A request whose body doesn't come: the server has begun with it, and can't go on. */
function unfinished({ url }: GuardedServer): Socket {
  const { hostname, port } = new URL(url);
  const socket = createConnection({ host: hostname, port: Number(port) });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  socket.write(
    `POST /v1/validate HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/yaml\r\nContent-Length: ${waits.length}\r\n\r\n`,
  );
  return socket;
}

async function counted(server: GuardedServer, name: string): Promise<number> {
  const line = (await server.ask('/metrics')).text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ')[1]);
}

it('works on so many requests, has some wait, and turns the rest away, but never whoever asks how it is', async () => {
  const limits = '{ requests: 2, queued-requests: 2, queue-timeout: 30s, queued-runs: 3, streams: 1 }';
  const server = await guardedServer({ config: `active-runs: 1\nlimits: ${limits}` });
  const submit = () => server.ask('/v1/workflows', { body: waits, type: 'application/yaml' });
  const followed = await submit();
  expect(followed.status).toBe(201);
  const follow = () => fetch(new URL(`/v1/workflows/${String(followed.body['id'])}/events?follow=true`, server.url));
  const stream = await follow();
  expect([stream.status, (await follow()).status]).toEqual([200, 503]);

  const stuck = [unfinished(server), unfinished(server)];
  await expect.poll(() => counted(server, 'waterflow_requests_active')).toBe(2);
  const waiting = [server.ask('/v1/workflows'), server.ask('/v1/nodes')];
  await expect.poll(() => counted(server, 'waterflow_requests_waiting')).toBe(2);
  const refused = await server.ask('/v1/workflows');
  expect([refused.status, refused.headers.get('retry-after'), refused.headers.get('content-type')]).toEqual([
    503,
    '5',
    'application/problem+json',
  ]);
  expect(refused.body).toMatchObject({ code: 'SERVER_UNAVAILABLE', detail: 'too many requests wait already' });
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await server.ask(path)).status, path).toBe(200);
  // The stream goes on, and no request has its place.
  expect(await counted(server, 'waterflow_streams_active')).toBe(1);

  for (const socket of stuck) socket.write(waits);
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
  await stream.body?.cancel();

  // Of runs that wait for an engine some are taken, and a request that was answered is answered again.
  const named = { 'Idempotency-Key': 'first' };
  const working = {
    body: waits.replace('uses: approval@v1', 'run: sleep 60'),
    type: 'application/yaml',
    headers: named,
  };
  const first = await server.ask('/v1/workflows', working);
  expect(first.status).toBe(201);
  const answers: number[] = [];
  while (answers.length < 10 && answers.at(-1) !== 503)
    answers.push((await server.ask('/v1/workflows', { ...working, headers: {} })).status);
  expect(answers.at(-1)).toBe(503);
  expect((await server.ask('/v1/workflows', working)).body).toEqual(first.body);
  const text = (await server.ask('/metrics')).text;
  for (const reason of ['streams', 'queue_full', 'runs'])
    expect(text).toContain(`waterflow_requests_shed_total{reason="${reason}"} 1`);
});
