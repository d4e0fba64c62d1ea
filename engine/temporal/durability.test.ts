import { randomBytes } from 'node:crypto';
import { mkdtempDisposableSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { needs } from '../../e2e/require.ts';
import type { JobKey } from '../../schemas/index.ts';
import type { ExampleWorkflow } from '../contract/plans.ts';
import { answering, follow, linesOf, reach, requestOf, resultOf } from '../contract/world.ts';
import type { Engine, RunHandle } from '../port.ts';
import { jobWorkflowId, names } from './protocol.ts';
import { executionsOf } from './testing/executions.ts';
import { surround } from './testing/surroundings.ts';
import { TemporalWorld } from './testing/temporal-world.ts';

/** More than there are tests. */
const worlds = 16;
/** That of Temporal's history of one execution, in bytes. */
const mostHistory = 1024 * 1024;

const surroundings = (await needs('temporal'))
  ? await surround(worlds, [new URL('./testing/workflow-limits.ts', import.meta.url)])
  : undefined;
afterAll(() => surroundings?.temporal[Symbol.asyncDispose]());

describe.skipIf(surroundings === undefined)('a run on a real Temporal', { timeout: 120_000 }, () => {
  const free = [...(surroundings?.namespaces ?? [])];

  function newWorld(): TemporalWorld {
    const namespace = free.shift();
    if (surroundings === undefined || namespace === undefined) throw new Error('no namespace is left');
    const { temporal, workflows } = surroundings;
    return new TemporalWorld({ address: temporal.address, namespace, workflows });
  }

  const open = (world: TemporalWorld): Promise<Engine> => world.openEngine(randomBytes);

  const sizesOf = async (world: TemporalWorld, workflow: string): Promise<readonly number[]> =>
    await executionsOf({ client: await world.client(), workflows: world.workflows }, workflow);

  describe('whose history grows long goes on in a new execution', () => {
    it('in the midst of a loop, with nothing lost or done twice', async () => {
      await using world = newWorld();
      await using engine = await open(world);
      const items = Array.from({ length: 300 }, (_, index) => index);
      const { summary } = await follow(
        await engine.start(
          requestOf({
            build: {
              steps: [{ id: 'loop', forEach: { items, concurrency: 3, steps: [{ id: 'work' }] } }],
            },
          }),
        ),
      );
      expect(summary.jobs['build']?.steps['loop']?.iterations).toMatchObject({ total: 300, success: 300 });
      expect(world.seen.executions.map(({ step }) => step).toSorted()).toEqual(
        items.map((index) => `loop[${index}].work`).toSorted(),
      );
      const sizes = await sizesOf(world, jobWorkflowId(summary.run, 'build' as JobKey));
      expect(sizes.length).toBeGreaterThan(5);
      expect(Math.max(...sizes)).toBeLessThan(mostHistory);
    });

    it('where it has many jobs', async () => {
      await using world = newWorld();
      await using engine = await open(world);
      const jobs = Array.from({ length: 60 }, (_, index): [string, ExampleWorkflow[string]] => [
        `job-${index}`,
        { ...(index < 10 ? {} : { needs: [`job-${index - 10}`] }), steps: [{ id: 'work' }] },
      ]);
      const { summary } = await follow(await engine.start(requestOf(Object.fromEntries(jobs))));
      expect(summary.status).toBe('success');
      expect(world.seen.executions).toHaveLength(60);
      const sizes = await sizesOf(world, summary.run);
      expect(sizes.length).toBeGreaterThan(1);
      expect(Math.max(...sizes)).toBeLessThan(mostHistory);
    });

    it('with its timers and what it waits for', async () => {
      await using world = newWorld();
      await using engine = await open(world);
      const items = Array.from({ length: 12 }, (_, index) => index);
      const handle = await engine.start(
        requestOf({
          build: {
            steps: [
              {
                id: 'loop',
                forEach: {
                  items,
                  concurrency: 2,
                  steps: [
                    { id: 'work', retry: { attempts: 2, initialMs: 1000 }, with: { fail_times: 1 } },
                    { id: 'ok', if: 'endsWith(each.index, 0)', uses: 'approval@v1', with: { timeout: '48h' } },
                    { id: 'nap', uses: 'sleep@v1', with: { duration: '10s' } },
                  ],
                },
              },
            ],
          },
        }),
      );
      const { summary } = await follow(
        handle,
        answering(handle, () => ({ decision: 'approve' })),
      );
      expect(summary.jobs['build']?.steps['loop']?.iterations).toMatchObject({ total: 12, success: 12 });
      expect(world.seen.executions).toHaveLength(24);
      expect((await sizesOf(world, jobWorkflowId(summary.run, 'build' as JobKey))).length).toBeGreaterThan(2);
    });

    it('while it waits for an agent for days', async () => {
      await using world = newWorld();
      world.hosts = [];
      await using engine = await open(world);
      const handle = await engine.start(requestOf({ build: { steps: [{ id: 'work' }] } }));
      const job = jobWorkflowId(handle.run, 'build' as JobKey);
      await reach(handle, { type: 'job_blocked' });
      await expect.poll(async () => (await sizesOf(world, job)).length, { timeout: 100_000 }).toBeGreaterThan(2);
      await world.startAgent({ name: 'late' });
      expect((await handle.finished).status).toBe('success');
      expect(world.seen.executions).toHaveLength(1);
      expect(Math.max(...(await sizesOf(world, job)))).toBeLessThan(mostHistory);
    });

    it('and its group keeps the order of who waits', async () => {
      await using world = newWorld();
      await using engine = await open(world);
      const parts = Array.from({ length: 20 }, (_, index) => index);
      const { summary } = await follow(
        await engine.start(
          requestOf({ deploy: { matrix: { part: parts }, concurrency: { group: 'web' }, steps: [{ id: 'work' }] } }),
        ),
      );
      expect(summary.status).toBe('success');
      expect(world.seen.executions.map(({ job }) => job)).toEqual(parts.map((part) => `deploy (${part})`));
    });
  });

  describe('goes on', () => {
    const workflow: ExampleWorkflow = {
      build: {
        steps: [
          { id: 'slow', with: { takes_ms: 100_000, outputs: { n: 1 } } },
          { id: 'nap', uses: 'sleep@v1', with: { duration: '1m' } },
          { id: 'last', with: { outputs: { n: '${{ steps.slow.outputs.n }}' } } },
        ],
        outputs: { n: '${{ steps.last.outputs.n }}' },
      },
      after: { needs: ['build'], steps: [{ id: 'told', with: { outputs: { n: '${{ needs.build.outputs.n }}' } } }] },
    };

    it('when whoever began it leaves, and tells another what it did', async () => {
      await using world = newWorld();
      const first = await open(world);
      const handle = await first.start(requestOf(workflow));
      await reach(handle, { type: 'step_started', step: 'slow' });
      await first[Symbol.asyncDispose]();
      await expect(handle.finished).rejects.toMatchObject({ error: { message: expect.stringContaining(handle.run) } });
      await using engine = await open(world);
      const { summary, notices } = await follow(await engine.resume(handle.run, {}));
      expect(notices[0]).toMatchObject({ type: 'run_started', resumed: true });
      expect(linesOf(notices)).toContain('job_finished after success');
      expect(summary.jobs['after']?.steps['told']?.outputs).toEqual({ n: '1' });
      expect(world.seen.executions.map(({ step }) => step)).toEqual(['slow', 'last', 'told']);
      const again = await follow(await engine.resume(handle.run, {}));
      expect(linesOf(again.notices)).toEqual(['run_started 1', 'summary success']);
      expect(again.summary).toEqual(summary);
    });

    it('with another worker when that which carried it out goes, wherever it was', async () => {
      await using plain = newWorld();
      await using whole = await open(plain);
      const expected = resultOf((await follow(await whole.start(requestOf(workflow)))).summary);
      await using world = newWorld();
      await using engine = await open(world);
      const { summary } = await follow(await engine.start(requestOf(workflow)), async (notice) => {
        if (notice.type === 'step_started' || notice.type === 'job_finished') await world.replaceWorker();
      });
      expect(resultOf(summary)).toEqual(expected);
      expect(world.seen.executions.map(({ step }) => step)).toEqual(['slow', 'last', 'told']);
    });
  });

  it('holds to what a worker wrote that was killed before Temporal knew, and takes in what came meanwhile', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const workflow = {
      build: {
        steps: [
          { id: 'one', with: { takes_ms: 1000 } },
          { id: 'two', with: { hang: true } },
          { id: 'tidy', if: 'always()' },
        ],
      },
    };
    const { promise: running, resolve } = Promise.withResolvers<RunHandle>();
    await world.replaceWorker(async () => {
      const died = world.mortalWorker();
      const handle = await engine.start(requestOf(workflow));
      expect(await died).toBe('SIGKILL');
      // Nobody reads it yet: it comes to the job before what the one that died had taken in.
      const job = (await world.client()).workflow.getHandle(jobWorkflowId(handle.run, 'build' as JobKey));
      await job.signal(names.eventSignal, { type: 'cancel_requested', reason: 'enough' });
      resolve(handle);
    });
    const handle = await running;
    const { summary } = await follow(handle);
    const steps = { one: { status: 'success' }, two: { status: 'cancelled' }, tidy: { status: 'success' } };
    expect(summary).toMatchObject({ jobs: { build: { status: 'cancelled', steps } } });
    expect((await engine.inspect(handle.run)).jobs).toMatchObject({ build: { status: 'cancelled', steps } });
    const seen: string[] = [];
    for await (const { job, type } of engine.readings.events(handle.run, 0)) if (job === 'build') seen.push(type);
    expect(seen.filter((type) => type === 'cancel_requested')).toHaveLength(1);
    expect(seen.indexOf('cancel_requested')).toBeGreaterThan(seen.indexOf('step_finished'));
    expect(world.executionsOf('build/one')).toHaveLength(1);
  });

  it('does nothing that storage has not taken, and goes on when it takes it', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    using folder = mkdtempDisposableSync(join(tmpdir(), 'waterflow-away-'));
    const away = join(folder.path, 'away');
    const handle = await engine.start(
      requestOf({ build: { steps: [{ id: 'one', with: { until: away } }, { id: 'two' }] } }),
    );
    await reach(handle, { type: 'step_started', step: 'one' });
    world.isStorageAway = true;
    writeFileSync(away, '');
    const job = (await world.client()).workflow.getHandle(jobWorkflowId(handle.run, 'build' as JobKey));
    const isTaskOver = async (): Promise<boolean> =>
      ((await job.fetchHistory()).events ?? []).some((event) => Boolean(event.workflowTaskTimedOutEventAttributes));
    await expect.poll(isTaskOver, { timeout: 100_000 }).toBe(true);
    expect(world.executionsOf('build/two')).toEqual([]);
    world.isStorageAway = false;
    expect((await handle.finished).status).toBe('success');
    for (const step of ['build/one', 'build/two']) expect(world.executionsOf(step)).toHaveLength(1);
  });

  it('takes what it is asked for when storage is back that was away', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const handle = await engine.start(requestOf({ build: { steps: [{ id: 'one', with: { hang: true } }] } }));
    await reach(handle, { type: 'step_started', step: 'one' });
    world.isStorageAway = true;
    const asked = engine.operate(handle.run, { kind: 'cancel', by: 'ada', reason: 'enough' });
    asked.catch(() => {});
    const run = (await world.client()).workflow.getHandle(handle.run);
    const attempts = async (): Promise<number> => (await run.describe()).raw.pendingWorkflowTask?.attempt ?? 0;
    await expect.poll(attempts, { timeout: 100_000 }).toBeGreaterThan(1);
    world.isStorageAway = false;
    await asked;
    expect((await handle.finished).status).toBe('cancelled');
    expect((await engine.inspect(handle.run)).status).toBe('cancelled');
    expect(world.executionsOf('build/one')).toHaveLength(1);
  });

  it('goes on with what storage alone has when it is told once more', async () => {
    await using world = newWorld();
    await using engine = await open(world);
    const handle = await engine.start(requestOf({ build: { steps: [{ id: 'ok', uses: 'approval@v1' }] } }));
    await reach(handle, { type: 'awaiting' });
    // As it is where Temporal lost its last moments.
    const signal = { name: 'approval:build/ok', by: 'ada', payload: { decision: 'approve' } };
    const projection = await world.projection();
    const job = 'build' as JobKey;
    let count = 0;
    for await (const { machine } of projection.entries(handle.run)) if (machine.kind === 'job') count += 1;
    const received = { type: 'signal_received', at: world.clock.now(), signal };
    await projection.append({ run: handle.run, job, from: count + 1, events: [received] });
    await expect(engine.operate(handle.run, { kind: 'signal', signal })).rejects.toMatchObject({
      error: { code: 'SIGNAL_REFUSED' },
    });
    expect((await handle.finished).status).toBe('success');
  });

  describe('that a defect breaks ends with it rather than in silence', () => {
    const workflow: ExampleWorkflow = {
      hangs: { steps: [{ id: 'hang', with: { hang: "${{ inputs.fail == 'yes' }}" } }] },
      last: { needs: ['hangs'], if: 'always()', steps: [{ id: 'a' }] },
    };

    it.each([
      ['of the run', (run: string) => run],
      ['of a job', (run: string) => `${run}/hangs`],
    ] as const)('in the workflow %s', async (_, workflowOf) => {
      await using world = newWorld();
      await using engine = await open(world);
      const handle = await engine.start(requestOf(workflow, { inputs: { fail: 'yes' } }));
      await reach(handle, { type: 'step_started', step: 'hang' });
      const client = await world.client();
      // Events as no machine knows them.
      await client.workflow.getHandle(workflowOf(handle.run)).signal(names.eventSignal, { type: 'nonsense' });
      const summary = await handle.finished;
      expect(summary).toMatchObject({ status: 'failure', error: { code: 'INTERNAL' } });
      expect(world.executionsOf('last/a')).toEqual([]);
      const info = await engine.info(handle.run);
      expect(info).toMatchObject({ status: 'failure', driven: false, error: { code: 'INTERNAL' } });
      const request = { by: 'ada', what: { kind: 'all' }, inputs: { fail: 'no' }, secrets: {} } as const;
      const again = await follow(await engine.rerun(handle.run, request));
      expect(again.summary).toMatchObject({ status: 'success', attempt: 2 });
    });
  });
});
