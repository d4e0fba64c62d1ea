import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';

const asking = 'on: manual\njobs: { a: { steps: [{ run: "true" }, { id: ask, uses: approval@v1 }] } }\n';

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine();
});
afterAll(() => server[Symbol.asyncDispose]());

const waitFor = (run: string, wait: string) => server.send('GET', `/v1/workflows/${run}?wait=${wait}`);

describe('GET /v1/workflows/{id}?wait', () => {
  it('answers when the status changes, and when the run ends', async () => {
    const run = await server.submit(asking);
    await server.reach(run, 'waiting');
    const began = Date.now();
    const ended = waitFor(run, '30s');
    await server.send('POST', `/v1/workflows/${run}/approvals`, { json: { decision: 'approve' } });
    let { body } = await ended;
    expect(body?.['status']).not.toBe('waiting');
    for (let tries = 0; body?.['status'] !== 'success' && tries < 5; tries += 1) ({ body } = await waitFor(run, '30s'));
    expect(body).toMatchObject({ status: 'success', jobs: { a: { status: 'success' } } });
    expect((await waitFor(run, '30s')).body).toEqual(body);
    expect(Date.now() - began).toBeLessThan(25_000);
  });

  it('answers at once where the status is another than the client has seen', async () => {
    const run = await server.submit(asking);
    await server.reach(run, 'waiting');
    const began = Date.now();
    const { body } = await waitFor(run, '30s&while=running');
    expect(body?.['status']).toBe('waiting');
    expect(Date.now() - began).toBeLessThan(20_000);
    expect((await waitFor(run, '200ms&while=waiting')).body?.['status']).toBe('waiting');
    expect((await waitFor(run, '30s&while=begun')).status).toBe(400);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });

  it('answers when the run begins to wait for somebody while other jobs run', async () => {
    const run = await server.submit(`on: manual
jobs:
  long: { steps: [{ run: sleep 60 }] }
  asks: { steps: [{ uses: sleep@v1, with: { duration: 1s } }, { id: ask, uses: approval@v1 }] }
`);
    const shown = await server.reach(run, 'running');
    expect(shown['awaits']).toEqual([]);
    const began = Date.now();
    const { body } = await waitFor(run, '40s');
    expect(body).toMatchObject({
      status: 'running',
      awaits: [{ kind: 'approval', step: 'ask', since: expect.any(String) }],
    });
    expect(Date.now() - began).toBeLessThan(30_000);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });

  it('answers with the run as it is when the time is over', async () => {
    const run = await server.submit(asking);
    await server.reach(run, 'waiting');
    const { status, body } = await waitFor(run, '200ms');
    expect([status, body?.['status']]).toEqual([200, 'waiting']);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });

  it('answers with the run as it is when the server shuts down', async () => {
    await using other = await startServerWithEngine();
    const run = await other.submit(asking);
    await other.reach(run, 'waiting');
    // The head of the answer comes at once.
    const response = await fetch(`${other.url}/v1/workflows/${run}?wait=60s`);
    await other[Symbol.asyncDispose]();
    expect(await response.json()).toMatchObject({ id: run, status: 'waiting' });
  });

  it.each(['61s', 'soon', '-1s'])('refuses %s', async (wait) => {
    const run = await server.submit(asking);
    const { status, body } = await waitFor(run, wait);
    expect([status, body?.['code']]).toEqual([422, 'INVALID_INPUT']);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });
});

it('no job of a run begins before the run does', async () => {
  const run = await server.submit('on: manual\njobs: { a: { steps: [{ run: "true" }] } }\n');
  const ended = await server.reach(run);
  const { a } = ended['jobs'] as unknown as Record<string, { readonly started_at: string }>;
  expect(Date.parse(String(a?.started_at))).toBeGreaterThanOrEqual(
    Date.parse(JSON.parse(JSON.stringify(ended['started_at']))),
  );
});
