import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { agentWorkflowId, presence } from '../../agent/worker/protocol.ts';
import { needs } from '../../e2e/require.ts';
import type { JobKey } from '../../schemas/index.ts';
import { follow, linesOf, reach, requestOf } from '../contract/world.ts';
import type { Engine, RunHandle } from '../port.ts';
import { createAgents } from './agents.ts';
import { jobWorkflowId, names } from './protocol.ts';
import { executionsOf } from './testing/executions.ts';
import { surround } from './testing/surroundings.ts';
import { TemporalWorld } from './testing/temporal-world.ts';

/** More than there are tests. */
const worlds = 8;

const surroundings = (await needs('temporal')) ? await surround(worlds) : undefined;
afterAll(() => surroundings?.temporal[Symbol.asyncDispose]());

describe.skipIf(surroundings === undefined)('asked to go on in a new execution', { timeout: 120_000 }, () => {
  const free = [...(surroundings?.namespaces ?? [])];

  function newWorld(hosts: readonly string[] = ['scripted']): TemporalWorld {
    const namespace = free.shift();
    if (surroundings === undefined || namespace === undefined) throw new Error('no namespace is left');
    const { temporal, workflows } = surroundings;
    const world = new TemporalWorld({ address: temporal.address, namespace, workflows });
    world.hosts = hosts;
    return world;
  }

  const open = (world: TemporalWorld): Promise<Engine> => world.openEngine(randomBytes);

  const jobOf = ({ run }: RunHandle, job: string): string => jobWorkflowId(run, job as JobKey);

  /** Asks a workflow to go on, and waits until it has. */
  async function movesOn(world: TemporalWorld, workflow: string): Promise<void> {
    const handle = (await world.client()).workflow.getHandle(workflow);
    const { runId: before } = await handle.describe();
    await handle.signal(names.moveSignal);
    await expect.poll(async () => (await handle.describe()).runId).not.toBe(before);
  }

  async function executions(world: TemporalWorld, workflow: string): Promise<number> {
    return (await executionsOf({ client: await world.client(), workflows: world.workflows }, workflow)).length;
  }

  /** How many activities of a workflow wait, or go on. */
  async function pendingOf(world: TemporalWorld, workflow: string): Promise<number> {
    const { raw } = await (await world.client()).workflow.getHandle(workflow).describe();
    return raw.pendingActivities?.length ?? 0;
  }

  it('a job that waits for an agent asks again, and is given one once', async () => {
    await using world = newWorld([]);
    await using engine = await open(world);
    const first = await engine.start(requestOf({ first: { steps: [{ id: 'a' }] } }));
    await reach(first, { type: 'job_blocked' });
    for (const _ of [1, 2]) {
      await movesOn(world, jobOf(first, 'first'));
      await expect.poll(() => pendingOf(world, jobOf(first, 'first'))).toBe(1);
    }
    await world.startAgent({ name: 'late', jobs: 1 });
    expect((await first.finished).status).toBe('success');
    expect(world.seen.claims.map(({ job }) => job)).toEqual(['first']);
    expect(world.executionsOf('first/a')).toHaveLength(1);
    expect(await executions(world, jobOf(first, 'first'))).toBe(3);
  });

  it('a job between two steps and its run do, and do nothing twice', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const steps = Array.from({ length: 6 }, (_, index) => ({ id: `step-${index}`, with: { takes_ms: 10_000 } }));
    const handle = await engine.start(requestOf({ build: { steps } }));
    const { summary } = await follow(handle, async (notice) => {
      if (notice.type !== 'step_started' || notice.step !== 'step-2') return;
      const client = await world.client();
      await client.workflow.getHandle(jobOf(handle, 'build')).signal(names.moveSignal);
      await movesOn(world, handle.run);
    });
    expect(summary.status).toBe('success');
    expect(world.seen.executions.map(({ step }) => step)).toEqual(steps.map(({ id }) => id));
    expect([await executions(world, handle.run), await executions(world, jobOf(handle, 'build'))]).toEqual([2, 2]);
  });

  it('a run and a job that wait for somebody for weeks still wait, and their histories do not grow', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const handle = await engine.start(
      requestOf({
        build: { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '720h' } }] },
        deploy: { environment: { name: 'web', approvers: ['ada'] }, steps: [{ id: 'a' }] },
      }),
    );
    const awaited = new Set<string>();
    for await (const notice of handle.notices) {
      if (notice.type === 'awaiting') awaited.add(notice.signal.name);
      if (awaited.size === 2) break;
    }
    const workflows = [handle.run, jobOf(handle, 'build')];
    for (const workflow of workflows) await movesOn(world, workflow);
    const client = await world.client();
    // Ten minutes, for them.
    await world.clock.pass(600_000);
    for (const workflow of workflows) {
      const { historyLength } = await client.workflow.getHandle(workflow).describe();
      expect(historyLength).toBeLessThan(12);
    }
    for (const name of awaited)
      await engine.operate(handle.run, {
        kind: 'signal',
        signal: { name, by: 'ada', payload: { decision: 'approve' } },
      });
    expect(await handle.finished).toMatchObject({ status: 'success' });
  });

  it('a group keeps who holds it, and who waits', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const head = { concurrency: { group: 'deploy' } };
    const holds = await engine.start(
      requestOf({ build: { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '48h' } }] } }, { head }),
    );
    await reach(holds, { type: 'awaiting' });
    const waits = await engine.start(requestOf({ build: { steps: [{ id: 'a' }] } }, { head }));
    await expect.poll(async () => (await engine.info(waits.run)).status).toBe('queued');
    const client = await world.client();
    const groups: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query: `WorkflowType = '${names.groupWorkflow}'` }))
      groups.push(workflowId);
    expect(groups).toHaveLength(1);
    for (const group of groups) await movesOn(world, group);
    await engine.operate(holds.run, { kind: 'cancel', by: 'ada' });
    const { summary, notices } = await follow(waits);
    expect(summary.status).toBe('success');
    expect(linesOf(notices)).toContain('group_acquired');
    expect((await holds.finished).status).toBe('cancelled');
  });

  it('what knows of an agent goes on knowing of it, and does not disturb it', async () => {
    await using world = newWorld([]);
    const client = await world.client();
    let superseded = 0;
    const agent = await world.startAgent({ name: 'steady', onSuperseded: () => (superseded += 1) });
    const agents = createAgents(client, Date.now);
    const stateOf = async (): Promise<string | undefined> => (await agents.list())[0]?.state;
    const asked = (): Promise<number> => pendingOf(world, agentWorkflowId('steady'));
    await expect.poll(stateOf).toBe('online');
    await movesOn(world, agentWorkflowId('steady'));
    await expect.poll(asked).toBe(1);
    await movesOn(world, agentWorkflowId('steady'));
    await expect.poll(asked).toBe(1);
    expect(await stateOf()).toBe('online');
    await using engine = await open(world);
    expect((await follow(await engine.start(requestOf({ build: { steps: [{ id: 'a' }] } })))).summary.status).toBe(
      'success',
    );
    expect(superseded).toBe(0);
    await agent.stop();
    await expect.poll(stateOf).toBe('stopped');
    await movesOn(world, agentWorkflowId('steady'));
    const { memo } = await client.workflow.getHandle(agentWorkflowId('steady')).describe();
    expect(memo?.[presence.memo]).toMatchObject({ name: 'steady', state: 'stopped' });
    expect(await asked()).toBe(0);
  });
});
