/** Workflows that somebody ends in Temporal itself: their runs end with them, and say so. */
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { needs } from './require.ts';
import { askServer, type ServerProcess } from './server-process.ts';
import { beginAgent, beginServer, temporalPlace } from './temporal-world.ts';

const endless = 'name: endless\non: manual\njobs: { work: { runs-on: work, steps: [{ run: sleep 300 }] } }\n';
const waiting = `
name: waiting
on: manual
jobs: { work: { runs-on: work, steps: [{ uses: approval@v1, with: { message: Go on? } }] } }
`;

const isThere = await needs('temporal');
const temporal = isThere ? await startTemporal() : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

/** Temporal's own command, as its operators use it. */
function temporalCommand(...argv: readonly string[]): void {
  const command = process.env['WATERFLOW_TEMPORAL'] ?? 'temporal';
  execFileSync(command, [...argv, '--address', temporal?.address ?? ''], {
    input: 'y\n',
    stdio: 'pipe',
  });
}

async function submit(server: ServerProcess, workflow: string): Promise<string> {
  return String((await askServer(server, '/v1/workflows', { workflow })).body['id']);
}

/** Resolves when its step runs, or waits for an approval. */
async function begins(server: ServerProcess, run: string): Promise<void> {
  const look = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body['jobs'];
  const begun = { status: expect.stringMatching(/^(?:running|waiting)$/u) };
  await expect.poll(look, { timeout: 90_000 }).toMatchObject({ work: { steps: { 0: begun } } });
}

async function lost(server: ServerProcess, run: string, message: RegExp): Promise<void> {
  const look = async (): Promise<unknown> => (await askServer(server, `/v1/workflows/${run}`)).body;
  await expect.poll(look, { timeout: 90_000, interval: 500 }).toMatchObject({ status: 'failure' });
  const error = { code: 'RUN_LOST', message: expect.stringMatching(message) };
  expect(await look()).toMatchObject({ error });
  // Lists show it, too.
  const { body } = await askServer(server, '/v1/workflows?status=failure');
  expect(body['workflows']).toContainEqual(expect.objectContaining({ id: run, status: 'failure' }));
  const events = await fetch(new URL(`/v1/workflows/${run}/events`, server.url));
  const last = (await events.text()).trimEnd().split('\n').at(-1) ?? '';
  expect(JSON.parse(last)).toMatchObject({
    type: 'cancel_requested',
    event: { reason: expect.stringMatching(message) },
  });
}

describe.skipIf(!isThere)('a run whose workflow somebody ended in Temporal', { timeout: 400_000 }, () => {
  it('ends with a code and an event of its own, lets its agent go, and can be run again', async () => {
    if (temporal === undefined) throw new Error('there is no Temporal');
    const at = temporalPlace(temporal, { namespace: 'default', files: {} });
    const server = await beginServer(at);
    await beginAgent(at, server);
    const terminated = await submit(server, endless);
    const ofJob = await submit(server, endless);
    const deleted = await submit(server, waiting);
    await begins(server, terminated);
    await begins(server, ofJob);
    await begins(server, deleted);

    temporalCommand('workflow', 'terminate', '--workflow-id', terminated);
    temporalCommand('workflow', 'terminate', '--workflow-id', `${ofJob}/work`);
    await lost(server, terminated, /the workflow of run-\w+ was terminated in Temporal/u);
    await lost(server, ofJob, /the workflow of job work was terminated in Temporal/u);
    const agents = async (): Promise<unknown> => (await askServer(server, '/v1/agents')).body['agents'];
    await expect.poll(agents).toMatchObject([{ slots: { total: 2, used: 0 } }]);

    // It was seen before, with the others.
    temporalCommand('workflow', 'delete', '--workflow-id', deleted);
    await lost(server, deleted, /the workflow of run-\w+ (?:was terminated|is not there any more) in Temporal/u);

    const again = await askServer(server, `/v1/workflows/${deleted}/rerun`, {});
    expect(again.status).toBe(202);
    await begins(server, deleted);
    // Whoever doesn't want to wait ends it.
    temporalCommand('workflow', 'terminate', '--workflow-id', deleted);
    expect(await at.place.command(server, 'terminate', deleted)).toMatchObject({ code: 0 });
    expect((await askServer(server, `/v1/workflows/${deleted}`)).body).toMatchObject({ error: { code: 'RUN_LOST' } });
  });
});
