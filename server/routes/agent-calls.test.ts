import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuditRecords } from '../../cli/composition/server-audit-records.ts';
import { countingCalls, readAllHostCalls } from '../../cli/composition/server-host-calls.ts';
import { type ServerWithEngine, startServerWithEngine } from '../../e2e/server-with-engine.ts';
import { loadAgentKey, openAuditLog } from '../../runtime/audit/index.ts';
import type { AbsolutePath } from '../../schemas/index.ts';
import { openShippedCalls, type ShippedCalls } from '../../storage/calls/index.ts';
import { recordsPlaceIn } from '../../storage/records/testing/places.ts';
import type { AuditRecord } from '../audit-records.ts';
import type { RecordedHostCall } from '../host-calls.ts';
import { testAdmin } from '../testing/start-server.ts';
import { agentRoutes } from './agent.ts';
import { hostCallsRoutes } from './host-calls.ts';

let folder: AbsolutePath;
let kept: ShippedCalls;
let server: ServerWithEngine;
const counted: string[] = [];
beforeAll(async () => {
  folder = (await mkdtemp(join(tmpdir(), 'waterflow-calls-'))) as AbsolutePath; // The system's temporary folder is absolute.
  kept = await openShippedCalls(await recordsPlaceIn(folder));
  const hostCall = ({ capability, decision }: { capability: string; decision: string }) =>
    void counted.push(`${capability} ${decision}`);
  const shippedCalls = countingCalls(kept, { hostCall });
  const hostCalls = readAllHostCalls(folder, kept);
  const auditRecords = readAuditRecords(folder, kept);
  server = await startServerWithEngine({
    routes: (parts) => [
      ...agentRoutes({ ...parts, shippedCalls }),
      ...hostCallsRoutes({ ...parts, hostCalls, auditRecords }),
    ],
    principals: {
      viewer: { ...testAdmin, role: 'viewer' },
      agent: { ...testAdmin, role: 'agent' },
      stranger: { ...testAdmin, role: 'agent', tenant: 'other' },
    },
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await kept[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const submitted = (): Promise<string> =>
  server.submit(
    'name: x\non: manual\njobs: { a: { runs-on: local, steps: [{ uses: sleep@v1, with: { duration: 1ms } }] } }',
  );

/** An agent's audit log of a run with one allowed call and one that was denied, as lines. */
async function recordOf(run: string, name: string): Promise<readonly string[]> {
  const state = join(folder, name) as AbsolutePath; // A folder in an absolute one.
  const file = join(state, 'audit.ndjson') as AbsolutePath;
  const clock = { now: () => 1_700_000_000_000 };
  const log = openAuditLog({ file, run, key: loadAgentKey(state), redact: (value) => value, clock });
  const plugin = { name: 'p', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` };
  const subject = { at: clock.now(), tenant: 'default', run, job: 'a', step: '0', attempt: 1, plugin };
  const confinement = { level: 3, required: 0 };
  const invocation = log.started({ ...subject, grant: 'x', confinement, limits: {}, secrets: [] });
  const rules = ['policy net'];
  const request = { ...subject, invocation, bytes: 2, truncated: false, rules };
  const call = { capability: 'net', operation: 'fetch', args: { url: `https://${name}.example` } };
  const allowed = log.record({ ...request, call, decision: 'allowed' });
  log.record({ ...request, call, decision: 'denied', reason: 'no rule' });
  log.result({ at: clock.now(), call: allowed, result: 'ok', duration_ms: 1, bytes: 2 });
  const calls = { allowed: 1, denied: 1 };
  log.ended({ at: clock.now(), invocation, outcome: 'returned', duration_ms: 2, calls, secrets: [] });
  await log[Symbol.asyncDispose]();
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

const chainOf = (lines: readonly string[]): string => /"hash":"([0-9a-f]{64})"\}$/u.exec(lines[0] ?? '')?.[1] ?? '';

async function ship(run: string, lines: readonly string[], more: { agent?: string; chain?: string; by?: string } = {}) {
  const { agent = 'one', chain = chainOf(lines), by = 'agent' } = more;
  const response = await fetch(`${server.url}/v1/agent/runs/${run}/calls?agent=${agent}&chain=${chain}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', 'x-test-by': by },
    body: lines.map((line) => `${line}\n`).join(''),
  });
  const body: Readonly<Record<string, unknown>> = JSON.parse(await response.text());
  return { status: response.status, body };
}

async function callsOf(run: string) {
  const { body } = await server.send('GET', `/v1/workflows/${run}/host-calls`);
  // What the route declares; answers are checked against that.
  return { calls: (body?.['host_calls'] ?? []) as unknown as readonly RecordedHostCall[], problem: body?.['problem'] };
}

async function auditOf(run: string) {
  const { body } = await server.send('GET', `/v1/workflows/${run}/audit-records`);
  // What the route declares; answers are checked against that.
  const records = (body?.['audit_records'] ?? []) as unknown as readonly AuditRecord[];
  return records.map(
    ({ agent, state, entries, checked_with }) => `${agent ?? '-'} ${state} ${entries} ${checked_with}`,
  );
}

const shown = (calls: readonly RecordedHostCall[]) =>
  calls.map(({ agent, decision, result }) => `${agent ?? '-'} ${decision} ${result}`);

describe('host calls that agents ship', () => {
  it('are shown with those of other agents, and counted once, however often they come', async () => {
    const run = await submitted();
    const [one, two] = [await recordOf(run, 'one'), await recordOf(run, 'two')];
    const chain = chainOf(one);
    counted.length = 0;
    expect(await ship(run, one.slice(0, 4))).toEqual({ status: 200, body: { next: 5 } });
    expect(shown((await callsOf(run)).calls)).toEqual(['one denied none', 'one allowed unknown']);
    expect(await auditOf(run)).toEqual(['one unfinished 4 record']);
    expect(await ship(run, two, { agent: 'two' })).toMatchObject({ status: 200 });
    expect(await ship(run, one.slice(2), { chain })).toEqual({ status: 200, body: { next: one.length + 1 } });
    expect(await callsOf(run)).toMatchObject({ problem: undefined });
    expect(shown((await callsOf(run)).calls)).toEqual([
      'one denied none',
      'two denied none',
      'two allowed ok',
      'one allowed ok',
    ]);
    expect(counted).toEqual(['net allowed', 'net denied', 'net allowed', 'net denied']);
    expect(await auditOf(run)).toEqual(
      [one, two].map((lines, index) => `${index === 0 ? 'one' : 'two'} intact ${lines.length} record`),
    );
  });

  it('are refused where entries are missing, with the one that is wanted, and as a whole where a line is none', async () => {
    const run = await submitted();
    const lines = await recordOf(run, 'gaps');
    const chain = chainOf(lines);
    await ship(run, lines.slice(0, 2));
    expect(await ship(run, lines.slice(3), { chain })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT', next: 3 },
    });
    for (const line of ['{"sequence":', 'null', '{"sequence":0,"previous":"","kind":"call"}', '']) {
      const { status, body } = await ship(run, [lines[2] ?? '', line], { chain });
      expect([status, String(body['detail'])]).toEqual([422, expect.stringContaining('line 2')]);
    }
    expect(await ship(run, [], { chain })).toEqual({ status: 200, body: { next: 3 } });
  });

  it('are given up to where the chain breaks, with a problem that names the agent', async () => {
    const run = await submitted();
    const lines = await recordOf(run, 'forger');
    const forged = lines.map((line, index) => (index === 3 ? line.replace('"denied"', '"allowed"') : line));
    await ship(run, forged, { agent: 'forger' });
    const { calls, problem } = await callsOf(run);
    expect(shown(calls)).toEqual(['forger allowed unknown']);
    expect(problem).toMatchObject({ code: 'AUDIT_BROKEN', message: expect.stringContaining('the agent forger') });
  });

  it('of one run are not taken for those of another', async () => {
    const [run, other] = [await submitted(), await submitted()];
    await ship(other, await recordOf(run, 'elsewhere'));
    const { calls, problem } = await callsOf(other);
    expect([calls, problem]).toEqual([[], expect.objectContaining({ code: 'AUDIT_BROKEN' })]);
  });

  it('are taken from agents alone, and for runs of their tenant', async () => {
    const run = await submitted();
    const lines = await recordOf(run, 'tenants');
    expect((await ship(run, lines, { by: 'viewer' })).status).toBe(403);
    expect((await ship(run, lines, { by: 'stranger' })).status).toBe(404);
    expect((await ship(`run-${'0'.repeat(26)}`, lines)).status).toBe(404);
    expect(await callsOf(run)).toEqual({ calls: [], problem: undefined });
  });
});
