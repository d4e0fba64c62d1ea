import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { JobKey } from '../../schemas/index.ts';
import { follow, requestOf } from '../contract/world.ts';
import { jobWorkflowId } from './protocol.ts';
import { registerSearchAttributes } from './register-attributes.ts';
import { searchAttributes } from './search-attributes.ts';
import { surround } from './testing/surroundings.ts';
import { TemporalWorld } from './testing/temporal-world.ts';

const surroundings = (await needs('temporal'))
  ? await surround(4, [new URL('./testing/workflow-limits.ts', import.meta.url)])
  : undefined;
afterAll(() => surroundings?.temporal[Symbol.asyncDispose]());

/** Long enough for several executions. */
const loop = (failing: number) => ({
  build: {
    steps: [
      {
        id: 'loop',
        forEach: {
          items: Array.from({ length: 60 }, (_, index) => index),
          steps: [{ id: 'work', with: { fail_times: `\${{ each.index == ${failing} && 9 || 0 }}` } }],
        },
      },
    ],
  },
});

describe.skipIf(surroundings === undefined)('what Temporal shows of a run', { timeout: 180_000 }, () => {
  const free = [...(surroundings?.namespaces ?? [])];

  function newWorld(): { readonly world: TemporalWorld; readonly namespace: string } {
    const namespace = free.shift();
    if (surroundings === undefined || namespace === undefined) throw new Error('no namespace is left');
    const { temporal, workflows } = surroundings;
    return { world: new TemporalWorld({ address: temporal.address, namespace, workflows }), namespace };
  }

  it.each([
    ['success', -1],
    ['failure', 59],
  ])('stays with it from one execution to the next, up to %s', async (status, failing) => {
    const { world, namespace } = newWorld();
    await using _world = world;
    const client = await world.client();
    await registerSearchAttributes(client, namespace);
    // Whoever does it again changes nothing.
    await registerSearchAttributes(client, namespace);
    await using engine = await world.openEngine(randomBytes);
    const { summary } = await follow(await engine.start(requestOf(loop(failing))));
    expect(summary.status).toBe(status);
    for (const [workflow, job] of [
      [summary.run, ''],
      [jobWorkflowId(summary.run, 'build' as JobKey), 'build'],
    ] as const) {
      const handle = client.workflow.getHandle(workflow);
      await handle.result();
      const { typedSearchAttributes: shown, memo } = await handle.describe();
      const first = (await handle.fetchHistory()).events?.[0]?.workflowExecutionStartedEventAttributes;
      expect(first?.continuedExecutionRunId === '').toBe(job === '');
      expect(Object.entries(searchAttributes).map(([name, key]) => [name, shown.get(key)])).toEqual([
        ['tenant', 'default'],
        ['workflow', expect.any(String)],
        ['run', summary.run],
        ['job', job],
        ['status', status],
      ]);
      expect(memo).toMatchObject({ run: summary.run, tenant: 'default' });
    }
  });

  it('says that it waits while somebody has to approve what comes next', async () => {
    const { world, namespace } = newWorld();
    await using _world = world;
    const client = await world.client();
    await registerSearchAttributes(client, namespace);
    await using engine = await world.openEngine(randomBytes);
    const handle = await engine.start(
      requestOf({
        deploy: {
          environment: { name: 'production', approvers: ['bob'] },
          steps: [{ id: 'ok', uses: 'approval@v1', with: { approvers: ['bob'] } }],
        },
      }),
    );
    const shown = async (workflow: string): Promise<unknown> =>
      (await client.workflow.getHandle(workflow).describe()).typedSearchAttributes.get(searchAttributes.status);
    const seen: unknown[] = [];
    const { summary } = await follow(handle, async (notice) => {
      if (notice.type !== 'awaiting') return;
      // What is told of a run is in Temporal's lists a moment later.
      const workflow = seen.length === 0 ? handle.run : jobWorkflowId(handle.run, 'deploy' as JobKey);
      await expect.poll(() => shown(workflow)).toBe('waiting');
      seen.push(workflow);
      const signal = { name: notice.signal.name, by: 'bob', payload: { decision: 'approve' } };
      await engine.operate(handle.run, { kind: 'signal', signal });
    });
    expect([summary.status, seen.length]).toEqual(['success', 2]);
    await client.workflow.getHandle(handle.run).result();
    expect(await shown(handle.run)).toBe('success');
  });

  it('is nothing in a namespace without search attributes, and its runs go on', async () => {
    const { world } = newWorld();
    await using _world = world;
    await using engine = await world.openEngine(randomBytes);
    const { summary } = await follow(await engine.start(requestOf({ build: { steps: [{ id: 'work' }] } })));
    expect(summary.status).toBe('success');
    const client = await world.client();
    const { typedSearchAttributes: shown } = await client.workflow.getHandle(summary.run).describe();
    expect(shown.get(searchAttributes.status)).toBeUndefined();
  });
});
