import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type ServerWithEngine, startServerWithEngine, textIn } from '../../e2e/server-with-engine.ts';

const secrets = { TOKEN: 's3cret-value' };

/** A step that reads a secret, after one that waits; beside it a job that needs none. */
const secretive = `
name: secretive
on: manual
jobs:
  use:
    steps:
      - { id: wait, uses: approval@v1 }
      - id: use
        env: { TOKEN: '\${{ secrets.TOKEN }}' }
        run: 'test "\${#TOKEN}" = 12'
      - { id: tidy, if: always(), run: echo tidy }
  plain:
    steps:
      - { id: wait, uses: approval@v1 }
      - { run: echo plain }
`;

type Posting = (verb: string, json?: unknown) => ReturnType<ServerWithEngine['send']>;

/** A server that has a run go on whose secrets were lost with the server before it. */
async function restarted(workflow = secretive): Promise<{ server: ServerWithEngine; run: string; post: Posting }> {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-lost-secrets-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  let run: string;
  {
    await using first = await startServerWithEngine({ state });
    run = await first.submit(workflow, { secrets });
    await first.reach(run, 'waiting');
  }
  const server = await startServerWithEngine({ state });
  onTestFinished(() => server[Symbol.asyncDispose]());
  return { server, run, post: (verb, json = {}) => server.send('POST', `/v1/workflows/${run}/${verb}`, { json }) };
}

/** Approves a job, as soon as it asks for that. */
async function approve(post: Posting, job: string): Promise<void> {
  const decide = async () => (await post('approvals', { decision: 'approve', job })).status;
  await expect.poll(decide).toBe(202);
}

/** Waits until a run shows that it lacks its secret. */
async function lacking({ send }: ServerWithEngine, run: string): Promise<Record<string, unknown>> {
  const bodyOf = async () => (await send('GET', `/v1/workflows/${run}`)).body ?? {};
  await expect.poll(async () => (await bodyOf())['error']).toMatchObject({ code: 'SECRET_MISSING' });
  return bodyOf();
}

it('shows what waits for secrets, in the run and in lists, while the rest goes on', async () => {
  const { server, run, post } = await restarted();
  const before = (await server.send('GET', `/v1/workflows/${run}`)).body;
  // Nothing waits for them yet, and whoever approves may want to know.
  expect(before).toMatchObject({ status: 'waiting', secrets_missing: ['TOKEN'] });
  expect(before?.['error']).toBeUndefined();
  await approve(post, 'use');
  await approve(post, 'plain');
  await lacking(server, run);
  const held = await server.reach(run, 'waiting');
  expect(held).toMatchObject({
    error: { code: 'SECRET_MISSING', message: expect.stringContaining('TOKEN') },
    awaits: [{ kind: 'secrets', name: 'secrets:use/use', job: 'use', step: 'use', secrets: ['TOKEN'] }],
    jobs: { use: { status: 'waiting', steps: { use: { status: 'waiting', attempts: 0 } } } },
  });
  await expect
    .poll(async () => (await server.send('GET', `/v1/workflows/${run}`)).body)
    .toMatchObject({ jobs: { plain: { status: 'success' } } });
  await expect
    .poll(async () => (await server.send('GET', '/v1/workflows?status=waiting')).body?.['workflows'], {
      timeout: 15_000,
    })
    .toMatchObject([{ id: run, error: { code: 'SECRET_MISSING' } }]);
  expect((await post('resume', { secrets })).status).toBe(202);
  expect(await server.reach(run)).toMatchObject({ status: 'success' });
});

it('is cancelled, rejected and paused like any other run', async () => {
  const cancelled = await restarted();
  await approve(cancelled.post, 'use');
  await lacking(cancelled.server, cancelled.run);
  expect((await cancelled.post('cancel', { reason: 'enough' })).body).toMatchObject({ takes_effect: 'now' });
  expect(await cancelled.server.reach(cancelled.run)).toMatchObject({
    status: 'cancelled',
    jobs: { use: { steps: { use: { status: 'cancelled', attempts: 0 }, tidy: { status: 'success' } } } },
  });

  const rejected = await restarted();
  await rejected.post('approvals', { decision: 'reject', job: 'use' });
  await approve(rejected.post, 'plain');
  expect(await rejected.server.reach(rejected.run)).toMatchObject({
    status: 'failure',
    jobs: { use: { steps: { wait: { error: { code: 'REJECTED' } }, use: { status: 'skipped' } } } },
  });
});

it('is ended at once by a termination', async () => {
  const { server, run, post } = await restarted();
  await approve(post, 'use');
  await lacking(server, run);
  expect((await post('terminate')).status).toBe(202);
  expect(await server.reach(run)).toMatchObject({ status: 'cancelled', awaits: [] });
  const { body } = await server.send('GET', '/v1/workflows?status=cancelled');
  expect(body?.['workflows']).toMatchObject([{ id: run }]);
});

it('is resumed once where it is paused and lacks secrets, and told what it lacks where it is not', async () => {
  const { server, run, post } = await restarted();
  await approve(post, 'use');
  await approve(post, 'plain');
  await lacking(server, run);
  const without = await post('resume');
  expect([without.status, without.body?.['code']]).toEqual([409, 'SECRET_MISSING']);
  expect((await post('resume', { secrets: { OTHER: 'another-value' } })).body?.['code']).toBe('SECRET_MISSING');
  expect((await post('pause')).status).toBe(202);
  await server.reach(run, 'paused');
  expect((await post('resume', { secrets })).status).toBe(202);
  expect(await server.reach(run)).toMatchObject({ status: 'success' });
});

it('can be paused, and given its secrets by the request that started it without going on', async () => {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-lost-secrets-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const headers = { 'Idempotency-Key': 'order-1' };
  const submit = (server: ServerWithEngine, given: object) =>
    server.send('POST', '/v1/workflows', { json: { workflow: secretive, secrets: given }, headers });
  let run: string;
  {
    await using first = await startServerWithEngine({ state });
    run = textIn((await submit(first, secrets)).body, 'id');
    await first.reach(run, 'waiting');
    // The values are known here: another one is another request.
    const other = await submit(first, { TOKEN: 'other-value' });
    expect([other.status, other.body?.['code']]).toEqual([422, 'IDEMPOTENCY_CONFLICT']);
    expect((await submit(first, secrets)).status).toBe(201);
  }
  await using server = await startServerWithEngine({ state });
  const post: Posting = (verb, json = {}) => server.send('POST', `/v1/workflows/${run}/${verb}`, { json });
  await approve(post, 'use');
  await approve(post, 'plain');
  await lacking(server, run);
  await post('pause');
  await server.reach(run, 'paused');
  const again = await submit(server, secrets);
  expect([again.status, again.headers.get('idempotency-replayed'), again.body?.['id']]).toEqual([201, 'true', run]);
  const paused = await server.reach(run, 'paused');
  expect([paused['error'], paused['awaits']]).toEqual([undefined, []]);
  expect((await post('resume', { secrets })).body?.['code']).toBe('RUN_STATE');
  expect((await post('resume')).status).toBe(202);
  expect(await server.reach(run)).toMatchObject({ status: 'success' });
  // Also once it has ended, as long as this server knows.
  expect((await submit(server, { TOKEN: 'other-value' })).status).toBe(422);
  expect((await submit(server, secrets)).status).toBe(201);
});

it('begins without its secrets where it had not begun', async () => {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-lost-secrets-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const runs: string[] = [];
  {
    await using first = await startServerWithEngine({ state, activeRuns: 1 });
    const long = 'name: long\non: manual\njobs: { a: { steps: [{ uses: sleep@v1, with: { duration: 1s } }] } }\n';
    for (const workflow of [long, secretive]) runs.push(await first.submit(workflow, { secrets }));
    expect((await first.send('GET', `/v1/workflows/${runs[1]}`)).body).toMatchObject({ status: 'queued' });
  }
  await using server = await startServerWithEngine({ state, activeRuns: 1 });
  const run = runs[1] ?? '';
  const post: Posting = (verb, json = {}) => server.send('POST', `/v1/workflows/${run}/${verb}`, { json });
  await approve(post, 'use');
  await approve(post, 'plain');
  await lacking(server, run);
  expect((await post('resume', { secrets })).status).toBe(202);
  expect(await server.reach(run)).toMatchObject({ status: 'success' });
});

it('gets them by the rerun, or the resume, that gave them when it is sent again with its key', async () => {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-lost-secrets-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  let run = '';
  const ask = async ({ send }: ServerWithEngine, verb: string, given: object) => {
    const json = { secrets: given };
    const { status, headers } = await send('POST', `/v1/workflows/${run}/${verb}`, {
      json,
      headers: { 'Idempotency-Key': `${verb}-1` },
    });
    return [status, headers.get('idempotency-replayed')];
  };
  const missing = async ({ send }: ServerWithEngine) =>
    (await send('GET', `/v1/workflows/${run}`)).body?.['secrets_missing'];
  {
    await using server = await startServerWithEngine({ state });
    run = await server.submit(secretive, { secrets });
    await server.reach(run, 'waiting');
    await server.send('POST', `/v1/workflows/${run}/terminate`);
    await server.reach(run);
    expect(await ask(server, 'rerun', secrets)).toEqual([202, null]);
    // The values are known here: another one is another request.
    expect(await ask(server, 'rerun', { TOKEN: 'other-value' })).toEqual([422, null]);
    expect(await ask(server, 'rerun', secrets)).toEqual([202, 'true']);
    await server.reach(run, 'waiting');
  }
  {
    await using server = await startServerWithEngine({ state });
    expect(await missing(server)).toEqual(['TOKEN']);
    expect(await ask(server, 'rerun', secrets)).toEqual([202, 'true']);
    expect(await missing(server)).toBeUndefined();
  }
  {
    await using server = await startServerWithEngine({ state });
    expect(await ask(server, 'resume', secrets)).toEqual([202, null]);
  }
  await using server = await startServerWithEngine({ state });
  expect(await missing(server)).toEqual(['TOKEN']);
  expect(await ask(server, 'resume', secrets)).toEqual([202, 'true']);
  expect(await ask(server, 'resume', { TOKEN: 'other-value' })).toEqual([422, null]);
  expect(await missing(server)).toBeUndefined();
  await server.send('POST', `/v1/workflows/${run}/terminate`);
  await server.reach(run);
});
