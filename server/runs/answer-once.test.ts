import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { parseRunId, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { ApiRequest } from '../http/route.ts';
import type { ServerParts } from '../parts.ts';
import { testAdmin } from '../testing/start-server.ts';
import { answerOnce } from './answer-once.ts';

const paying = `
name: paying
on: manual
jobs:
  a:
    steps:
      - { id: first, uses: wait-for@v1, with: { signal: paid } }
      - { id: second, uses: wait-for@v1, with: { signal: paid } }
`;

let server: ServerWithEngine;
beforeAll(async () => {
  server = await startServerWithEngine();
});
afterAll(() => server[Symbol.asyncDispose]());

async function waitingRun(): Promise<RunId> {
  const run = parseRunId(await server.submit(paying));
  if (run === undefined) throw new Error('not the id of a run');
  await server.reach(run, 'waiting');
  return run;
}

/** The id of what the run waits for, once it isn't `before`. */
async function awaitedBy(run: RunId, before?: string): Promise<string> {
  for (;;) {
    const { awaits } = await server.parts.engine.info(run).catch(() => ({ awaits: [] }));
    const [one] = awaits;
    if (one !== undefined && 'id' in one && one.id !== undefined && one.id !== before) return one.id;
    await setImmediate();
  }
}

/** One answer of a client to a run: the same request whenever it has the same key. */
async function sent(parts: Partial<ServerParts>, run: RunId, { key, amount = 1 }: { key: string; amount?: number }) {
  const row = await server.parts.records.runs.get(run);
  if (row === undefined) throw new Error('no such run');
  const signal = { name: 'paid', by: testAdmin.name, payload: { amount } };
  // Of a request only these are read.
  const request = {
    headers: { 'idempotency-key': key },
    principal: testAdmin,
    body: { amount },
  } as unknown as ApiRequest;
  return answerOnce({ ...server.parts, ...parts }, request, {
    row,
    operation: 'signalRun',
    answerable: ({ awaits }) => ({
      signal,
      ids: awaits.flatMap((one) => ('id' in one && one.id !== undefined ? [one.id] : [])),
    }),
  });
}

async function answersIn(run: RunId): Promise<number> {
  let count = 0;
  for await (const { type } of server.parts.engine.readings.events(run, 0)) if (type === 'signal_received') count += 1;
  return count;
}

/** Parts of a server that is held up where it sends, until `released`. */
function heldUp(released: Promise<unknown>, reached: () => void): Partial<ServerParts> {
  const { submissions } = server.parts;
  return {
    submissions: {
      ...submissions,
      operate: async (...args) => {
        reached();
        await released;
        return submissions.operate(...args);
      },
    },
  };
}

it('the same request that comes while the first is on its way answers for both', async () => {
  const run = await waitingRun();
  const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const first = sent(
    heldUp(released.promise, () => reached.resolve(undefined)),
    run,
    { key: 'one' },
  );
  await Promise.race([reached.promise, first]);
  expect(await sent({}, run, { key: 'one' })).toMatchObject({ replayed: true });
  released.resolve(undefined);
  expect(await first).toEqual({ takesEffect: 'now' });
  expect(await answersIn(run)).toBe(1);
});

it('one that finds nothing waiting any more, since the same request was quicker, is answered as that', async () => {
  const run = await waitingRun();
  const before = await awaitedBy(run);
  const quicker = async () => {
    expect(await sent({}, run, { key: 'two' })).toEqual({ takesEffect: 'now' });
    await awaitedBy(run, before);
    expect(await sent({}, run, { key: 'three' })).toEqual({ takesEffect: 'now' });
    await server.reach(run, 'success');
    return server.parts.engine.info(run);
  };
  const { engine } = server.parts;
  let isAsked = false;
  const slow = Object.create(engine, {
    info: { value: () => (isAsked ? engine.info(run) : ((isAsked = true), quicker())) },
  }) as ServerParts['engine']; // The engine, but for when it tells of the run.
  expect(await sent({ engine: slow }, run, { key: 'two' })).toMatchObject({ replayed: true });
});

it('another answer that was quicker is no excuse: refused, and its key is free again', async () => {
  const run = await waitingRun();
  const before = await awaitedBy(run);
  const [reached, released] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const first = sent(
    heldUp(released.promise, () => reached.resolve(undefined)),
    run,
    { key: 'mine' },
  );
  await Promise.race([reached.promise, first]);
  expect(await sent({}, run, { key: 'other', amount: 2 })).toEqual({ takesEffect: 'now' });
  released.resolve(undefined);
  await expect(first).rejects.toMatchObject({ error: { code: 'SIGNAL_REFUSED' } });
  await awaitedBy(run, before);
  expect(await sent({}, run, { key: 'mine' })).toEqual({ takesEffect: 'now' });
  expect(await answersIn(run)).toBe(2);
});

it('one that was taken though nobody could say so is not for what the run asks next', async () => {
  const run = await waitingRun();
  const before = await awaitedBy(run);
  const { submissions } = server.parts;
  const broken = { code: 'SERVER_UNAVAILABLE', message: 'the connection broke', remedy: 'Try again.' } as const;
  const breaking: ServerParts['submissions'] = {
    ...submissions,
    async operate(...args) {
      await submissions.operate(...args);
      throw new WaterflowFailure(broken);
    },
  };
  await expect(sent({ submissions: breaking }, run, { key: 'broken' })).rejects.toThrow(broken.message);
  await awaitedBy(run, before);
  expect(await sent({}, run, { key: 'broken' })).toMatchObject({ replayed: true });
  expect(await answersIn(run)).toBe(1);
});
