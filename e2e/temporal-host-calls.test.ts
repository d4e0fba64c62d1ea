/** What agents on Temporal record of host calls, over REST: also where agent and server are killed while it is on its way. */
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { auditedCalls, readAudit } from '../runtime/audit/index.ts';
import type { RecordedHostCall } from '../server/host-calls.ts';
import { startAgentOf } from './agent-world.ts';
import { folderWith, waterflow } from './command.ts';
import { needs } from './require.ts';
import { askServer, endedRun, portOf, type ServerProcess } from './server-process.ts';
import { beginServer, temporalPlace } from './temporal-world.ts';

const denied = `
name: denied
on: manual
jobs:
  work:
    runs-on: work
    steps:
      - id: allowed
        run: echo hello
      - id: denied
        continue-on-error: true
        permissions: { exec: [{ command: git }] }
        run: echo never
`;

const items = 60;
const many = `
name: many
on: manual
jobs:
  work:
    runs-on: work
    retry: { attempts: 3, initial-interval: 1s, on: [lost] }
    steps:
      - id: loop
        uses: for-each@v1
        with:
          items: \${{ fromJSON('${JSON.stringify(Array.from({ length: items }, (_, index) => index))}') }}
          concurrency: 8
          steps:
            - env: { NUMBER: "\${{ each.value }}" }
              run: sleep 1; echo "$NUMBER"
`;

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal({ namespaces: ['shown', 'killed'] }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** A server, and agents that ship to it under one name and one state. */
async function begin(namespace: string) {
  if (temporal === undefined) throw new Error('there is no Temporal');
  const at = temporalPlace(temporal, { namespace, files: {} });
  const server = await beginServer(at);
  const keyNew = ['keys', 'new', '--name', 'agents', '--role', 'agent', '--state', at.place.state];
  const made = await waterflow(keyNew, { env: at.env });
  const key = /wf_\w{8}_[\w-]{43}/u.exec(made.stdout)?.[0] ?? '';
  const state = folderWith({});
  const env = { TEMPORAL_NAMESPACE: namespace, WATERFLOW_SERVER_URL: server.url, WATERFLOW_AGENT_KEY: key };
  return { at, server, state, beginAgent: () => startAgentOf({ temporal }, { name: 'recorder', state, env }) };
}

async function submitted(server: ServerProcess, workflow: string): Promise<string> {
  const { status, body } = await askServer(server, '/v1/workflows', { workflow });
  expect(status).toBe(201);
  return String(body['id']);
}

/** All pages. */
async function callsOf(server: ServerProcess, run: string): Promise<readonly RecordedHostCall[]> {
  const calls: RecordedHostCall[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await askServer(server, `/v1/workflows/${run}/host-calls?limit=1000${cursor}`);
    expect(body['problem']).toBeUndefined();
    calls.push(...(body['host_calls'] as readonly RecordedHostCall[])); // As the API says.
    const next = body['next_cursor'];
    if (typeof next !== 'string') return calls;
    cursor = `&cursor=${next}`;
  }
}

/** What the agent itself has: sequences of calls, in the order in which they were over; those that aren't come last. */
async function recordedIn(
  state: string,
  run: string,
): Promise<{ readonly all: readonly number[]; readonly over: number }> {
  const all: number[] = [];
  let over = 0;
  for await (const { sequence, result } of auditedCalls(readAudit(join(state, run, 'audit.ndjson')))) {
    all.push(sequence);
    if (result !== 'unknown') over += 1;
  }
  return { all, over };
}

describe.skipIf(!isThere)('host calls of runs on Temporal', () => {
  it('are shown with what was decided and which agent recorded them, and counted', async () => {
    const { server, beginAgent } = await begin('shown');
    await beginAgent();
    const run = await submitted(server, denied);
    expect(await endedRun(server, run)).toMatchObject({ status: 'success' });
    const execsOf = async () => (await callsOf(server, run)).filter(({ call }) => call.capability === 'exec');
    await expect
      .poll(async () => (await execsOf()).map((call) => [call.agent, call.step, call.decision, call.result]), {
        timeout: 30_000,
      })
      .toEqual([
        ['recorder', 'allowed', 'allowed', 'ok'],
        ['recorder', 'denied', 'denied', 'none'],
      ]);
    const execs = await execsOf();
    expect(execs[1]?.reason).toMatch(/\S/u);
    const metrics = await (await fetch(new URL('/metrics', server.url))).text();
    expect(metrics).toContain('waterflow_host_calls_total{capability="exec",decision="denied"} 1');
    expect(metrics).toContain('waterflow_host_calls_total{capability="exec",decision="allowed"} 1');
  }, 120_000);

  it('come whole and once, although server and agent are killed while they are sent', async () => {
    const { at, server, state, beginAgent } = await begin('killed');
    const first = await beginAgent();
    const run = await submitted(server, many);
    const reach = (count: number, asked: ServerProcess) =>
      expect.poll(async () => (await callsOf(asked, run)).length, { timeout: 90_000 }).toBeGreaterThanOrEqual(count);
    await reach(10, server);
    server.process.kill('SIGKILL');
    await server.process.ended;
    // Steps that run end on their agent, which nobody takes word of before it is killed, too.
    const { over } = await recordedIn(state, run);
    await expect.poll(async () => (await recordedIn(state, run)).over, { timeout: 90_000 }).toBeGreaterThan(over);
    first.process.kill('SIGKILL');
    await first.process.ended;
    const next = await beginServer(at, { port: portOf(server) });
    await beginAgent();
    await reach(over + 20, next);
    next.process.kill('SIGKILL');
    await next.process.ended;
    const last = await beginServer(at, { port: portOf(server) });
    expect(await endedRun(last, run)).toMatchObject({ status: 'success' });
    const { all: expected } = await recordedIn(state, run);
    expect(expected.length).toBeGreaterThan(items);
    await expect.poll(async () => (await callsOf(last, run)).map(({ sequence }) => sequence)).toEqual(expected);
  }, 400_000);
});
