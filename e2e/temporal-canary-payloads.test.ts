/** Somebody who reaches Temporal without the keys of payloads writes there: runs that this isn't for go on, and it shows. */
import { spawnSync } from 'node:child_process';
import { Connection } from '@temporalio/client';
import { afterAll, describe, expect, it } from 'vitest';
import { names } from '../engine/temporal/protocol.ts';
import { startTemporal } from '../engine/temporal/testing/temporal-server.ts';
import { temporalCommand } from './canary-places.ts';
import { type CanaryWorld, openCanaryWorld } from './canary-world.ts';
import { needs } from './require.ts';
import { askServer, begunStep, endedRun } from './server-process.ts';

/** While it waits it has no agent: that may go, and others want it. */
const asking = `
name: asking
on: manual
jobs:
  before:
    runs-on: work
    steps: [{ run: echo before }]
  work:
    needs: before
    steps: [{ id: ask, uses: approval@v1, with: { message: Go on? } }]
  after:
    needs: work
    runs-on: work
    steps: [{ run: echo after }]
`;

const isThere = await needs('temporal');
const namespaces = ['strangers', 'starts', 'moved', 'damaged', 'rotated'] as const;
const temporal = isThere ? await startTemporal({ namespaces }) : undefined;
afterAll(() => temporal?.[Symbol.asyncDispose]());

function world(namespace: (typeof namespaces)[number]): Promise<CanaryWorld> {
  if (temporal === undefined) throw new Error('there is no Temporal');
  return openCanaryWorld(temporal, { namespace, payloads: 'encrypted' });
}

/** What the command of Temporal does for a stranger. */
function strange({ at }: CanaryWorld, ...argv: readonly string[]): string {
  const where = ['--address', at.temporal.address, '--namespace', at.namespace];
  const { status, stdout, stderr } = spawnSync(temporalCommand(), ['workflow', ...argv, ...where], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout;
}

/** Starts a run, and waits until it waits for its approval. */
async function waiting({ server, submit }: CanaryWorld): Promise<string> {
  const run = await submit({ workflow: asking });
  await begunStep(server, run, 'ask');
  return run;
}

async function approved({ server }: CanaryWorld, run: string): Promise<unknown> {
  const decided = await askServer(server, `/v1/workflows/${run}/approvals`, { decision: 'approve' });
  expect(decided).toMatchObject({ status: 202 });
  return await endedRun(server, run);
}

/** Resolves when the server's log has told of it. */
async function told({ server }: CanaryWorld, text: string): Promise<void> {
  await expect.poll(() => server.process.stderr).toContain(text);
}

/** All payloads of signals that a workflow was sent, as Temporal keeps them, and a way to send others. */
async function reaching({ at }: CanaryWorld) {
  const connection = await Connection.connect({ address: at.temporal.address });
  const { workflowService } = connection;
  const { namespace } = at;
  return {
    async sentTo(workflowId: string) {
      const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId } });
      const events = history?.events ?? [];
      return events.flatMap((event) => event.workflowExecutionSignaledEventAttributes?.input?.payloads ?? []);
    },
    async startedWith(workflowId: string) {
      const { history } = await workflowService.getWorkflowExecutionHistory({ namespace, execution: { workflowId } });
      return history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    },
    async send(workflowId: string, payload: object) {
      const signal = { namespace, workflowExecution: { workflowId }, signalName: names.eventSignal };
      await workflowService.signalWorkflowExecution({ ...signal, input: { payloads: [payload] } });
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

describe.skipIf(!isThere)('what a stranger writes to Temporal', { timeout: 300_000 }, () => {
  it('is left out where it is a signal, and the run goes on', async () => {
    const here = await world('strangers');
    const run = await waiting(here);
    const garbage = '{"type":"job_finished","job":"work"}';
    for (const workflow of [run, `${run}/work`]) {
      for (const name of [names.eventSignal, names.brokenSignal, names.suspectSignal]) {
        strange(here, 'signal', '--workflow-id', workflow, '--name', name, '--input', garbage);
      }
      await told(here, `JOURNAL_BROKEN: a signal to ${workflow} was left out`);
    }
    expect(await approved(here, run)).toMatchObject({ status: 'success', jobs: { work: { attempts: 1 } } });
  });

  it('is refused where it starts workflows, and others go on', async () => {
    const here = await world('starts');
    const run = await waiting(here);
    const { runWorkflow, jobWorkflow, groupWorkflow } = names;
    for (const type of [runWorkflow, jobWorkflow, groupWorkflow, 'waterflowAgent']) {
      const id = `waterflow-agent/${type}`;
      const how = ['--type', type, '--task-queue', names.engineQueue, '--memo', 'agent="nobody"'];
      strange(here, 'start', '--workflow-id', id, ...how, '--input', '{"version":1}');
      await expect.poll(() => strange(here, 'describe', '--workflow-id', id)).toMatch(/FAILED/u);
      await told(here, `JOURNAL_BROKEN: ${id} was not begun`);
    }
    const { status, body } = await askServer(here.server, '/v1/agents');
    expect({ status, body }).toMatchObject({ status: 200, body: { agents: [{ name: 'keyed' }] } });
    expect(await approved(here, run)).toMatchObject({ status: 'success' });
  });

  it("is left out where it is another run's, moved", async () => {
    const here = await world('moved');
    const [first, second] = [await waiting(here), await waiting(here)];
    await approved(here, first);
    await using temporal = await reaching(here);
    // By this its job told the first run that it had ended.
    const [finished] = await temporal.sentTo(first);
    await temporal.send(second, finished ?? {});
    await told(here, `a signal to ${second} was left out`);
    expect((await askServer(here.server, `/v1/workflows/${second}`)).body).toMatchObject({ status: 'waiting' });
    expect(await approved(here, second)).toMatchObject({ status: 'success' });
  });

  it('ends the run where it is damaged, and has it stand still where the key is unknown; others go on', async () => {
    const here = await world('damaged');
    const [damaged, locked, other] = [await waiting(here), await waiting(here), await waiting(here)];
    await using temporal = await reaching(here);
    const [ours = {}] = await temporal.startedWith(damaged);
    const data = Uint8Array.from(ours.data ?? []);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    await temporal.send(damaged, { ...ours, data });
    expect(await endedRun(here.server, damaged)).toMatchObject({
      status: 'failure',
      error: { code: 'JOURNAL_BROKEN', message: expect.stringContaining(damaged) },
    });

    const key = { 'encryption-key-id': Buffer.from('0123456789ab') };
    const [theirs = {}] = await temporal.startedWith(locked);
    await temporal.send(locked, { ...theirs, metadata: { ...theirs.metadata, ...key } });
    await told(here, 'it was encrypted with the key 0123456789ab, which this process');
    expect(await approved(here, other)).toMatchObject({ status: 'success' });
    expect((await askServer(here.server, `/v1/workflows/${locked}`)).body).toMatchObject({ status: 'waiting' });
  });
});

describe.skipIf(!isThere)('another payload key', { timeout: 300_000 }, () => {
  it('takes the place of the one before while runs go on', async () => {
    let here = await world('rotated');
    const run = await waiting(here);
    await here.changeKeys('second');
    here = await here.restart();
    const between = await waiting(here);
    await here.changeKeys('first');
    here = await here.restart();
    for (const old of [run, between]) expect(await approved(here, old)).toMatchObject({ status: 'success' });
    await here.changeKeys('only');
    here = await here.restart();
    const last = await waiting(here);
    expect(await approved(here, last)).toMatchObject({ status: 'success' });
    await using temporal = await reaching(here);
    const keyOf = async (id: string) =>
      Buffer.from((await temporal.startedWith(id))[0]?.metadata?.['encryption-key-id'] ?? []).toString();
    expect(await keyOf(between)).toBe(await keyOf(run));
    expect(await keyOf(last)).not.toBe(await keyOf(run));
  });
});
