import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startServerWithEngine, textIn } from '../../e2e/server-with-engine.ts';
import { createPlans } from './plans.ts';
import { keepRecords } from './retention.ts';
import { createSources } from './sources.ts';

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
`;
const waiting = `
name: waiting
on: manual
jobs: { ask: { steps: [{ id: ask, uses: approval@v1 }] } }
`;
const napping = `
name: napping
on: manual
jobs: { nap: { steps: [{ uses: sleep@v1, with: { duration: 400ms } }] } }
`;

function newState(): string {
  const state = mkdtempSync(join(tmpdir(), 'waterflow-recovery-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  return state;
}

/** The files of a folder, whatever their depth, that hold a text. */
function filesWith(folder: string, text: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    return statSync(path).isFile() && readFileSync(path).includes(text);
  });
}

const secrets = { TOKEN: 's3cret-value' };

it('a run goes on with the next server, which gets the values of its secrets again', async () => {
  const state = newState();
  let run: string;
  let plain: string;
  {
    await using server = await startServerWithEngine({ state });
    run = await server.submit(secretive, { secrets });
    plain = await server.submit(waiting);
    await server.reach(run, 'waiting');
    await server.reach(plain, 'waiting');
  }
  expect(filesWith(state, secrets.TOKEN)).toEqual([]);
  await using server = await startServerWithEngine({ state });
  const post = (id: string, verb: string, json: unknown) =>
    server.send('POST', `/v1/workflows/${id}/${verb}`, { json });
  // Needs none: it goes on by itself.
  await server.reach(plain, 'waiting');
  expect((await post(plain, 'resume', { secrets })).body?.['code']).toBe('RUN_STATE');
  expect((await post(plain, 'approvals', { decision: 'approve' })).status).toBe(202);
  expect(await server.reach(plain)).toMatchObject({ status: 'success' });

  expect(await server.reach(run, 'waiting')).toMatchObject({ secrets: ['TOKEN'] });
  expect((await post(run, 'resume', { secrets })).status).toBe(202);
  expect((await post(run, 'resume', { secrets })).body?.['code']).toBe('RUN_STATE');
  expect((await post(run, 'approvals', { decision: 'approve' })).status).toBe(202);
  const ended = await server.reach(run);
  expect([ended['status'], ended['error']]).toEqual(['success', undefined]);
  const again = await post(run, 'rerun', {});
  expect([again.status, again.body?.['code']]).toEqual([422, 'SECRET_MISSING']);
  // One that comes too late leaves the values with the attempt that was first.
  const both = await Promise.all([1, 2].map(() => post(run, 'rerun', { secrets })));
  expect(both.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([202, 409]);
  expect((await server.reach(run, 'waiting'))['secrets_missing']).toBeUndefined();
  expect((await post(run, 'terminate', {})).body).toMatchObject({ status: 'cancelled' });
});

it('runs wait for their turn when the server is full, and are cancelled, or begin with the next server', async () => {
  const state = newState();
  const runs: string[] = [];
  {
    await using server = await startServerWithEngine({ state, activeRuns: 1 });
    for (let count = 0; count < 4; count += 1) runs.push(await server.submit(napping));
    const last = runs.pop() ?? '';
    const queued = await server.send('GET', `/v1/workflows/${last}`);
    expect(queued.body).toMatchObject({ status: 'queued', jobs: { nap: { status: 'waiting', steps: {} } } });
    expect((await server.send('POST', `/v1/workflows/${last}/pause`, {})).status).toBe(409);
    const cancelled = await server.send('POST', `/v1/workflows/${last}/cancel`, { json: { reason: 'late' } });
    expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled', error: { code: 'CANCELLED' } } });
    expect((await server.send('POST', `/v1/workflows/${last}/rerun`, {})).body?.['code']).toBe('RUN_STATE');
  }
  await using server = await startServerWithEngine({ state, activeRuns: 1 });
  for (const run of runs) expect(await server.reach(run)).toMatchObject({ status: 'success' });
});

it('a tenant that submits many runs does not keep another one waiting', async () => {
  await using server = await startServerWithEngine({
    activeRuns: 1,
    principals: {
      root: { id: 'k', name: 'root', tenant: '*', role: 'admin', by: 'api-key' },
    },
  });
  const submit = async (tenant: string) => {
    const sent = { json: { workflow: napping, tenant_id: tenant }, by: 'root' };
    return textIn((await server.send('POST', '/v1/workflows', sent)).body, 'id');
  };
  const many: string[] = [];
  for (let count = 0; count < 6; count += 1) many.push(await submit('many'));
  const one = await submit('one');
  const ends = async (run: string) => {
    for (;;) {
      const { body } = await server.send('GET', `/v1/workflows/${run}`, { by: 'root' });
      if (body?.['ended_at'] !== undefined) return Date.parse(JSON.stringify(body['ended_at']).slice(1, -1));
      await new Promise((resolve) => void setTimeout(resolve, 20));
    }
  };
  const end = await ends(one);
  const later = [];
  for (const run of many) if ((await ends(run)) > end) later.push(run);
  expect(later.length).toBeGreaterThanOrEqual(3);
});

it('runs that ended long ago go, with all that was kept of them', async () => {
  await using server = await startServerWithEngine({ keepRunsMs: 0 });
  const run = await server.submit(napping);
  await server.reach(run);
  const { parts } = server;
  const plans = createPlans(parts.records.runs);
  const rest: string[] = [];
  const removeRest = async (id: string): Promise<void> => void rest.push(id);
  using sweeping = keepRecords({
    ...parts,
    rows: parts.records.runs,
    calls: parts.records.calls,
    plans,
    sources: createSources(parts.records.sources),
    keepRunsMs: 0,
    keepCallsMs: 1,
    removeRest,
  });
  await sweeping.sweep();
  expect(rest).toEqual([run]);
  expect((await server.send('GET', `/v1/workflows/${run}`)).status).toBe(404);
  const left: unknown[] = [];
  for await (const info of parts.engine.list()) left.push(info.run);
  expect(left).toEqual([]);
  // The plan went with it, and is there again for the next.
  expect(await server.reach(await server.submit(napping))).toMatchObject({ status: 'success' });
});
