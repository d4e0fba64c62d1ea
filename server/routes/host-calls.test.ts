import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditRecords } from '../../cli/composition/server-audit-records.ts';
import { readHostCallsIn } from '../../cli/composition/server-host-calls.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import type { RecordedHostCall } from '../host-calls.ts';
import { testAdmin } from '../testing/start-server.ts';
import { hostCallsRoutes } from './host-calls.ts';

let state: string;
let server: ServerWithEngine;
let run: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'waterflow-host-calls-'));
  const runs = join(state, 'runs') as AbsolutePath; // The system's temporary folder is absolute.
  const hostCalls = readHostCallsIn(runs);
  const auditRecords = readAuditRecords(runs, { async *read() {} });
  server = await startServerWithEngine({
    state,
    routes: (parts) => hostCallsRoutes({ ...parts, hostCalls, auditRecords }),
    principals: { stranger: { ...testAdmin, tenant: 'other' } },
  });
  run = await server.submit(workflow);
  await server.reach(run);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await rm(state, { recursive: true, force: true });
});

const workflow = `name: calls
on: manual
jobs:
  build:
    runs-on: local
    steps:
      - id: allowed
        run: echo hello
      - id: denied
        continue-on-error: true
        permissions: { exec: [{ command: git }] }
        run: echo never
`;

async function callsOf(query = '', by?: string) {
  const path = `/v1/workflows/${run}/host-calls${query}`;
  const { status, body } = await server.send('GET', path, by === undefined ? {} : { by });
  // What the route declares; answers are checked against that.
  return { status, body, calls: (body?.['host_calls'] ?? []) as unknown as readonly RecordedHostCall[] };
}

async function recordOf(id = run) {
  const { body } = await server.send('GET', `/v1/workflows/${id}/audit-records`);
  return body?.['audit_records'];
}

describe('host calls of a run', () => {
  it('are listed with what was decided, by which rule, and what came of it', async () => {
    const { calls } = await callsOf();
    const execs = calls.filter(({ call }) => call.capability === 'exec');
    expect(execs.map(({ step, decision, result }) => [step, decision, result])).toEqual([
      ['allowed', 'allowed', 'ok'],
      ['denied', 'denied', 'none'],
    ]);
    expect(execs[0]!.rules.length).toBeGreaterThan(0);
    expect(execs[1]!.reason ?? execs[1]!.rules.join()).toMatch(/\S/u);
    expect(calls.every((call) => !('tenant' in call))).toBe(true);
  });

  it('are filtered', async () => {
    const all = (await callsOf()).calls;
    const denied = (await callsOf('?decision=denied&capability=exec')).calls;
    expect(denied.map(({ step }) => step)).toEqual(['denied']);
    expect((await callsOf('?step=allowed')).calls).toEqual(all.filter(({ step }) => step === 'allowed'));
    expect((await callsOf('?job=other')).calls).toEqual([]);
  });

  it('come page by page, none twice and none left out', async () => {
    const all = (await callsOf()).calls;
    const paged: unknown[] = [];
    let cursor = '';
    for (;;) {
      const { body, calls } = await callsOf(`?limit=1${cursor}`);
      paged.push(...calls);
      if (body?.['next_cursor'] === undefined) break;
      cursor = `&cursor=${JSON.parse(JSON.stringify(body['next_cursor']))}`;
    }
    expect(all.length).toBeGreaterThan(1);
    expect(paged).toEqual(all);
  });

  it('are not there for another tenant, and a run without any has an empty list', async () => {
    expect((await callsOf('', 'stranger')).status).toBe(404);
    const silent = await server.submit(
      workflow.replace(/steps:[^]*/u, 'steps: [{ uses: sleep@v1, with: { duration: 1ms } }]'),
    );
    await server.reach(silent);
    const { body } = await server.send('GET', `/v1/workflows/${silent}/host-calls`);
    expect(body).toEqual({ host_calls: [] });
  });

  it('are given as far as the record holds, and what is wrong with it is said without naming a path', async () => {
    const file = join(state, 'runs', run, 'audit.ndjson');
    const whole = readFileSync(file, 'utf8');
    const { calls: before } = await callsOf();
    try {
      const lines = whole.trimEnd().split('\n');
      const changed = lines.findLastIndex((line) => line.includes('"decision":"denied"'));
      writeFileSync(file, `${lines.with(changed, lines[changed]!.replace('"denied"', '"allowed"')).join('\n')}\n`);
      const { status, body, calls } = await callsOf();
      expect(status).toBe(200);
      expect(calls.length).toBeLessThan(before.length);
      expect(body?.['problem']).toMatchObject({ code: 'AUDIT_BROKEN' });
      expect(JSON.stringify(body)).not.toContain(state);
      expect(await recordOf()).toMatchObject([{ state: 'broken', entries: changed, reason: expect.any(String) }]);
      writeFileSync(file, whole);
      appendFileSync(file, 'not JSON\n');
      expect((await callsOf()).body?.['problem']).toMatchObject({ code: 'AUDIT_BROKEN' });
    } finally {
      writeFileSync(file, whole);
    }
    expect((await callsOf()).calls).toEqual(before);
  });

  it('have a record, of which it is said whether it holds', async () => {
    const entries = readFileSync(join(state, 'runs', run, 'audit.ndjson'), 'utf8')
      .trimEnd()
      .split('\n').length;
    const key: unknown = expect.stringMatching(/^[0-9a-f]{16}$/u);
    expect(await recordOf()).toEqual([{ state: 'intact', entries, signed: entries, key, checked_with: 'agent' }]);
    expect((await server.send('GET', `/v1/workflows/${run}/audit-records`, { by: 'stranger' })).status).toBe(404);
  });

  it.each(['?decision=maybe', '?cursor=1', '?limit=0', '?limit=1001', '?unknown=1'])('refuse %s', async (query) => {
    expect((await callsOf(query)).status).toBe(400);
  });
});
