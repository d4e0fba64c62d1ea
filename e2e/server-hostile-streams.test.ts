/** Streams of logs and events, as they are followed, whose key ends. */
import { expect, it } from 'vitest';
import { waterflow } from './command.ts';
import { type GuardedServer, guardedServer } from './guarded-server.ts';

const workflow = `
name: long
on: manual
jobs:
  work: { steps: [{ run: echo begun }, { uses: sleep@v1, with: { duration: 10m } }] }
`;
/** A look a second, and what a busy machine adds. */
const soonMs = 5_000;

/** Follows, and gives what came once the stream has ended; `failed` where it was cut off. */
async function follow(server: GuardedServer, path: string, ask: { readonly key?: string; readonly accept: string }) {
  const { key, accept } = ask;
  const headers = { accept, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
  const response = await fetch(new URL(path, server.url), { headers });
  expect([path, response.status]).toEqual([path, 200]);
  let text = '';
  let [failed, ended] = [false, false];
  const reading = (async () => {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true });
    } catch {
      failed = true;
    }
    ended = true;
  })();
  return { reading, text: () => text, failed: () => failed, ended: () => ended };
}

async function begunRun(server: GuardedServer, key?: string): Promise<string> {
  const { status, body } = await server.ask('/v1/workflows', {
    ...(key === undefined ? {} : { key }),
    body: { workflow },
  });
  expect(status).toBe(201);
  return String(body['id']);
}

/** A run whose second step has begun. */
const sleeping = /"uses":"sleep@v1","status":"(?:running|waiting)"/u;

it('end within seconds when the key is revoked, say why where they can, and others go on', async () => {
  const server = await guardedServer();
  const [admin, viewer] = [await server.key('admin'), await server.key('viewer')];
  const run = `/v1/workflows/${await begunRun(server, admin)}`;
  // Whoever waits for a change of the run must not be given one.
  await expect.poll(async () => JSON.stringify((await server.ask(run, { key: admin })).body)).toMatch(sleeping);
  const logs = `${run}/logs`;
  const events = logs.replace('/logs', '/events');
  const sse = 'text/event-stream';
  const theirs = {
    logs: await follow(server, logs, { key: viewer, accept: sse }),
    events: await follow(server, events, { key: viewer, accept: sse }),
    text: await follow(server, `${logs}?follow=true`, { key: viewer, accept: 'text/plain' }),
    ndjson: await follow(server, `${logs}?follow=true`, { key: viewer, accept: 'application/x-ndjson' }),
    waiting: await follow(server, logs.replace('/logs', '?wait=60s'), { key: viewer, accept: 'application/json' }),
  };
  const mine = await follow(server, logs, { key: admin, accept: sse });
  for (const stream of [theirs.logs, theirs.text, theirs.ndjson, mine]) {
    await expect.poll(stream.text).toContain('begun');
  }
  const revoked = await waterflow(['keys', 'revoke', viewer.slice(0, 11), '--state', server.state], {
    cwd: server.folder,
  });
  expect(revoked.code).toBe(0);
  const at = performance.now();
  await Promise.all(Object.values(theirs).map(({ reading }) => reading));
  expect(performance.now() - at).toBeLessThan(soonMs);
  for (const stream of [theirs.logs, theirs.events]) {
    expect(stream.text()).toMatch(
      /event: failure\ndata: \{"code":"UNAUTHENTICATED","message":"the API key wf_\w{8}_… is revoked"/u,
    );
    expect(stream.failed()).toBe(false);
  }
  expect(theirs.text.text()).toMatch(/-- the log breaks off: UNAUTHENTICATED: /u);
  // It has no place for a reason: it is cut off, so that nobody takes it for the whole.
  expect(theirs.ndjson.failed()).toBe(true);
  expect([theirs.waiting.failed(), theirs.waiting.text()]).toEqual([true, '']);
  expect(mine.ended()).toBe(false);
  const again = await server.ask(logs, { key: viewer });
  expect(again.status).toBe(401);
});

it('end when the key expires, and when the grace after its rotation does', async () => {
  const server = await guardedServer();
  const admin = await server.key('admin');
  const run = await begunRun(server, admin);
  const { body: short } = await server.ask('/v1/keys', {
    key: admin,
    body: { name: 'short', role: 'viewer', expires_in: '4s' },
  });
  const { body: old } = await server.ask('/v1/keys', { key: admin, body: { name: 'old', role: 'viewer' } });
  const events = `/v1/workflows/${run}/events`;
  const [expiring, rotated] = await Promise.all(
    [short, old].map(({ key }) => follow(server, events, { key: String(key), accept: 'text/event-stream' })),
  );
  const { status } = await server.ask(`/v1/keys/${String(old['id'])}/rotate`, { key: admin, body: { grace: '3s' } });
  expect(status).toBe(201);
  const at = performance.now();
  await Promise.all([expiring?.reading, rotated?.reading]);
  expect(performance.now() - at).toBeLessThan(4_000 + soonMs);
  for (const stream of [expiring, rotated]) expect(stream?.text()).toMatch(/event: failure\n.*expired/u);
});

it('end when a server that asked for no key has its first one, and so does all else', async () => {
  const server = await guardedServer();
  const run = await begunRun(server);
  const stream = await follow(server, `/v1/workflows/${run}/events`, { accept: 'text/event-stream' });
  const key = await server.key('admin');
  await stream.reading;
  expect(stream.text()).toContain('event: failure');
  expect((await server.ask('/v1/workflows')).status).toBe(401);
  expect((await server.ask('/v1/workflows', { key })).status).toBe(200);
  // Nor does it open again.
  await waterflow(['keys', 'revoke', key.slice(0, 11), '--state', server.state], { cwd: server.folder });
  expect((await server.ask('/v1/workflows')).status).toBe(401);
  const next = await server.startAnew();
  expect((await next.ask('/v1/workflows')).status).toBe(401);
  expect(next.process.stderr).toContain('all API keys are expired or revoked');
});
