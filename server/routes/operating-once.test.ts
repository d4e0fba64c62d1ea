import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { ApiRequest } from '../http/route.ts';
import { type OnceOperation, operatingOnce, type Outcome, type TakesEffect } from '../runs/operate-once.ts';
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

/** A request with a key that comes to a process that knows of nothing that is under way. */
async function asking(
  run: string,
  { key, operation }: { readonly key: string; readonly operation: OnceOperation },
  carryOut: () => Promise<TakesEffect>,
): Promise<Outcome> {
  const row = (await server.parts.records.runs.get(idOf(run)))!;
  // What else a request has isn't read.
  const request = { headers: { 'idempotency-key': key }, principal: testAdmin, body: {} } as unknown as ApiRequest;
  return operatingOnce(server.parts)(request, { row, operation, carryOut });
}

function idOf(run: string): RunId {
  return parseRunId(run)!;
}

async function failed(): Promise<string> {
  const run = await server.submit(failing);
  await server.reach(run);
  return run;
}

function failure(code: 'SERVER_UNAVAILABLE' | 'RUN_STATE'): WaterflowFailure {
  return new WaterflowFailure({ code, message: code, remedy: 'Look at the run.' });
}

it('a request that comes again after the server was killed is carried out, unless it was', async () => {
  const run = await failed();
  const rerun = { key: 'killed', operation: 'rerunRun' } as const;
  await expect(asking(run, rerun, () => Promise.reject(new Error('killed')))).rejects.toThrow('killed');
  const next = await asking(run, rerun, () => Promise.resolve('when resumed'));
  // As it was answered then.
  const last = await asking(run, rerun, () => Promise.reject(new Error('carried out twice')));
  expect(next).toEqual({ takesEffect: 'when resumed', replayed: true });
  expect(last).toEqual(next);
});

it('one of which nobody knows how it ended keeps its key: what was let go on since is not paused again', async () => {
  const run = await server.submit(waiting);
  await server.reach(run, 'waiting');
  const pause = { key: 'broken', operation: 'pauseRun' } as const;
  const pausing = () => server.parts.submissions.operate(idOf(run), { kind: 'pause', by: 'ada' });
  const breaking = () => pausing().then(() => Promise.reject(failure('SERVER_UNAVAILABLE')));
  await expect(asking(run, pause, breaking)).rejects.toThrow('SERVER_UNAVAILABLE');
  await server.parts.submissions.operate(idOf(run), { kind: 'resume', by: 'grace' });
  const again = await asking(run, pause, async () => (await pausing()).takesEffect);
  expect(again).toEqual({ takesEffect: 'now', replayed: true });
  expect((await server.parts.engine.info(idOf(run))).status).toBe('waiting');
  // The server dies where it has ended the run, and before it says so.
  const end = { key: 'ended', operation: 'terminateRun' } as const;
  const terminating = () => server.parts.submissions.operate(idOf(run), { kind: 'terminate', by: 'ada' });
  const dying = () => terminating().then(() => Promise.reject(new Error('killed')));
  await expect(asking(run, end, dying)).rejects.toThrow('killed');
  await server.reach(run);
  expect(await asking(run, end, async () => (await terminating()).takesEffect)).toMatchObject({ replayed: true });
});

it('one that another server has begun with is not released where it is refused here', async () => {
  const run = await failed();
  const rerun = { key: 'two servers', operation: 'rerunRun' } as const;
  const [begun, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const first = asking(run, rerun, async () => {
    begun.resolve(undefined);
    await released.promise;
    throw new Error('killed');
  });
  await Promise.race([begun.promise, first]);
  await expect(asking(run, rerun, () => Promise.reject(failure('RUN_STATE')))).rejects.toThrow('RUN_STATE');
  // Refused, since the first has had it run again by then.
  const second = asking(run, rerun, async () => {
    await server.parts.submissions.rerun(idOf(run), { by: 'ada', what: { kind: 'all' }, secrets: {} });
    throw failure('RUN_STATE');
  });
  expect(await second).toEqual({ takesEffect: 'now', replayed: true });
  released.resolve(undefined);
  await expect(first).rejects.toThrow('killed');
  await server.reach(run);
});

it('one that is refused where another server was quicker with it is answered as that, also later', async () => {
  const run = await failed();
  const rerun = { key: 'quicker', operation: 'rerunRun' } as const;
  const first = asking(run, rerun, async () => {
    await asking(run, rerun, () => Promise.resolve('now'));
    throw failure('RUN_STATE');
  });
  expect(await first).toEqual({ takesEffect: 'now', replayed: true });
  const late = asking(run, rerun, () => Promise.reject(new Error('carried out twice')));
  expect(await late).toEqual({ takesEffect: 'now', replayed: true });
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
