import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { parseRunId } from '../../schemas/index.ts';
import type { ApiRequest } from '../http/route.ts';
import { operatingOnce } from '../runs/operate-once.ts';
import { testAdmin } from '../testing/start-server.ts';

const waiting = `
name: waiting
on: manual
jobs: { a: { steps: [{ id: wait, uses: wait-for@v1, with: { signal: go } }] } }
`;
const failing = `
name: failing
on: manual
jobs: { a: { steps: [{ run: exit 1 }] } }
`;

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine();
});
afterAll(() => server[Symbol.asyncDispose]());

const ask = (run: string, verb: string, key: string, json: unknown = {}) =>
  server.send('POST', `/v1/workflows/${run}/${verb}`, { json, headers: { 'idempotency-key': key } });

/** The same request, as it comes again. What else a request has isn't read. */
const request = { headers: { 'idempotency-key': 'killed' }, principal: testAdmin, body: {} } as unknown as ApiRequest;

it('a request that comes again after the server was killed is carried out, unless it was', async () => {
  const id = await server.submit(failing);
  await server.reach(id);
  const row = (await server.parts.records.runs.get(parseRunId(id)!))!;
  const done: string[] = [];
  const asking = (who: string, carryOut: () => Promise<'now'>) =>
    // Another one is another process: it knows of nothing that is under way.
    operatingOnce(server.parts)(request, {
      row,
      operation: 'rerunRun',
      carryOut: () => {
        done.push(who);
        return carryOut();
      },
    });
  await expect(asking('killed', () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
  expect(await asking('next', () => Promise.resolve('now'))).toBe('replayed');
  expect(await asking('last', () => Promise.resolve('now'))).toBe('replayed');
  expect(done).toEqual(['killed', 'next']);
});

describe('an operation with an Idempotency-Key', () => {
  it('runs again once, however often it comes', async () => {
    const run = await server.submit(failing);
    await server.reach(run);
    const answers = await Promise.all([1, 2, 3].map(() => ask(run, 'rerun', 'rerun-1')));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true')).toHaveLength(2);
    await server.reach(run);
    const late = await ask(run, 'rerun', 'rerun-1');
    expect([late.status, late.headers.get('idempotency-replayed'), late.body?.['attempt']]).toEqual([202, 'true', 2]);
    expect(await ask(run, 'rerun', 'rerun-1', { from: 'failed' })).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_CONFLICT' },
    });
    expect(await ask(run, 'cancel', 'rerun-1')).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    expect((await ask(run, 'rerun', 'rerun-2')).body).toMatchObject({ attempt: 3 });
  });

  it('does not pause a run again that somebody has let go on since', async () => {
    const run = await server.submit(waiting);
    await server.reach(run, 'waiting');
    expect((await ask(run, 'pause', 'pause-1')).body).toMatchObject({ status: 'paused' });
    expect((await ask(run, 'resume', 'resume-1')).body).toMatchObject({ status: 'waiting' });
    const late = await ask(run, 'pause', 'pause-1');
    expect([late.headers.get('idempotency-replayed'), late.body?.['status']]).toEqual(['true', 'waiting']);
    expect((await ask(run, 'terminate', 'end-1')).status).toBe(202);
    await server.reach(run);
    expect((await ask(run, 'terminate', 'end-1')).status).toBe(202);
    expect((await ask(run, 'terminate', 'end-2')).status).toBe(409);
  });

  it('keeps no key where it is refused', async () => {
    const run = await server.submit(waiting);
    await server.reach(run, 'waiting');
    expect((await ask(run, 'rerun', 'early')).status).toBe(409);
    await ask(run, 'terminate', 'early-end');
    await server.reach(run);
    expect((await ask(run, 'rerun', 'early')).status).toBe(202);
    await ask(run, 'terminate', 'late-end');
    await server.reach(run);
  });
});
