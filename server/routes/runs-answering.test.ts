import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';

const asking = `
name: asking
on: manual
jobs:
  a:
    steps:
      - { id: one, uses: approval@v1 }
      - { id: two, uses: approval@v1 }
`;
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

const answer = (run: string, verb: string, json: unknown, key?: string) =>
  server.send('POST', `/v1/workflows/${run}/${verb}`, {
    json,
    ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }),
  });

/** The id of what the run waits for, once it isn't `before`. */
async function awaitedId(run: string, before?: string): Promise<string> {
  let id: string | undefined;
  while (id === undefined || id === before) {
    const { body } = await server.send('GET', `/v1/workflows/${run}`);
    const awaits = body?.['awaits'] as readonly { readonly id: string }[] | undefined;
    id = awaits?.[0]?.id;
  }
  return id;
}

it('a run that somebody has to decide over is found, also while another job of it runs', async () => {
  const steps = [{ id: 'ask', uses: 'approval@v1', with: { message: 'now?' } }];
  const jobs = { ask: { steps }, work: { steps: [{ run: 'sleep 60' }] } };
  const run = await server.submit(JSON.stringify({ name: 'inbox', on: 'manual', jobs }));
  const inbox = async () => {
    const { body } = await server.send('GET', '/v1/workflows?awaits=approval&name=inbox');
    return body?.['workflows'] as readonly { readonly id: string }[] | undefined;
  };
  while ((await inbox())?.length !== 1);
  expect(await inbox()).toMatchObject([{ id: run, status: 'running', awaits: [{ job: 'ask', message: 'now?' }] }]);
  await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  await server.reach(run);
  expect(await inbox()).toEqual([]);
});

describe.each([
  { verb: 'approvals', workflow: asking, body: { decision: 'approve' }, other: { decision: 'reject' } },
  { verb: 'signals', workflow: paying, body: { name: 'paid', payload: 1 }, other: { name: 'paid', payload: 2 } },
])('POST $verb', ({ verb, workflow, body, other }) => {
  it('with an Idempotency-Key answers one question, however often it comes', async () => {
    const run = await server.submit(workflow);
    const first = await awaitedId(run);
    const key = `${verb}-1`;
    const answers = await Promise.all([1, 2, 3].map(() => answer(run, verb, body, key)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    const second = await awaitedId(run, first);
    const late = await answer(run, verb, body, key);
    expect([late.status, late.headers.get('idempotency-replayed')]).toEqual([202, 'true']);
    expect(await awaitedId(run)).toBe(second);
    expect(await answer(run, verb, other, key)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_CONFLICT' } });
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
    await server.reach(run);
    expect((await answer(run, verb, body, key)).status).toBe(202);
  });

  it('with `awaited` is for what was seen, and for nothing that comes later', async () => {
    const run = await server.submit(workflow);
    const awaited = await awaitedId(run);
    expect((await answer(run, verb, { ...body, awaited })).status).toBe(202);
    const second = await awaitedId(run, awaited);
    expect(await answer(run, verb, { ...body, awaited })).toMatchObject({
      status: 409,
      body: { code: 'SIGNAL_REFUSED' },
    });
    expect(await awaitedId(run)).toBe(second);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });

  it('keeps no key where it is refused', async () => {
    const run = await server.submit(workflow);
    await awaitedId(run);
    const key = `${verb}-refused`;
    expect((await answer(run, verb, { ...body, awaited: 'gone' }, key)).status).toBe(409);
    expect((await answer(run, verb, body, key)).status).toBe(202);
    await server.send('POST', `/v1/workflows/${run}/terminate`, {});
  });
});
