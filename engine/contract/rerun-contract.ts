import { describe, expect, it } from 'vitest';
import type { RerunRequest, RunSummary } from '../port.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf, type World } from './world.ts';

const by = 'ada';

/** Fails as long as the input says so. */
const fails = {
  id: 'maybe',
  with: { fail_times: "${{ inputs.fail == 'yes' && 99 || 0 }}", outputs: { got: '${{ inputs.fail }}' } },
};

const deploy: ExampleWorkflow = {
  build: { steps: [{ id: 'make', with: { outputs: { n: 1 } } }], outputs: { n: '${{ steps.make.outputs.n }}' } },
  test: {
    needs: ['build'],
    matrix: { part: ['a', 'b'] },
    steps: [{ id: 'check', with: { fail_times: "${{ matrix.part == 'b' && inputs.fail == 'yes' && 99 || 0 }}" } }],
  },
  ship: { needs: ['test'], steps: [{ id: 'go', with: { outputs: { n: '${{ needs.build.outputs.n }}' } } }] },
};

/** What every engine does when a run that has ended runs again, in whole or in part. */
export function describeRerun(name: string, driver: EngineDriver): void {
  /** Runs an example to its end with `fail: yes`, then runs it again. */
  async function rerun(
    world: World,
    workflow: ExampleWorkflow,
    request: Pick<RerunRequest, 'what' | 'inputs'>,
  ): Promise<{
    readonly first: RunSummary;
    readonly second: RunSummary;
    readonly lines: readonly string[];
    readonly ran: readonly string[];
  }> {
    await using engine = await driver.open(world);
    const { summary: first } = await follow(await engine.start(requestOf(workflow, { inputs: { fail: 'yes' } })));
    const seen = world.seen.executions.length;
    await using other = await driver.open(world);
    const handle = await other.rerun(first.run, { by, secrets: {}, ...request });
    // Whoever asks sees no more how it ended before.
    expect(await engine.info(first.run)).toMatchObject({ attempt: first.attempt + 1 });
    const { summary: second, notices } = await follow(handle);
    expect(await engine.info(first.run)).toMatchObject({ attempt: second.attempt, status: second.status });
    const ran = world.seen.executions.slice(seen).map(({ job, step }) => `${job}/${step}`);
    return { first, second, lines: linesOf(notices), ran };
  }

  function reusedIn(summary: RunSummary): readonly string[] {
    return Object.entries(summary.jobs).flatMap(([key, { reused }]) => (reused === true ? [key] : []));
  }

  describe(`the engine's contract on running again: ${name}`, () => {
    it('runs what failed again, with what needs it, and reuses the rest', async () => {
      await using world = driver.world();
      const { first, second, lines, ran } = await rerun(world, deploy, {
        what: { kind: 'failed' },
        inputs: { fail: 'no' },
      });
      expect(first).toMatchObject({ status: 'failure', attempt: 1, jobs: { ship: { status: 'skipped' } } });
      expect(second).toMatchObject({ status: 'success', attempt: 2, run: first.run });
      expect(ran).toEqual(['test (b)/check', 'ship/go']);
      expect(reusedIn(second)).toEqual(['build', 'test (a)']);
      expect(lines[0]).toBe('run_started 2');
      expect(second.jobs['build']?.steps['make']).toMatchObject({ status: 'success', outputs: { n: 1 } });
    });

    it('runs everything again', async () => {
      await using world = driver.world();
      const { second, ran } = await rerun(world, deploy, { what: { kind: 'all' } });
      expect(second).toMatchObject({ status: 'failure', attempt: 2 });
      expect(ran.toSorted()).toEqual(['build/make', 'test (a)/check', 'test (b)/check']);
      expect(reusedIn(second)).toEqual([]);
    });

    it('runs one job, or one cell of it, again', async () => {
      for (const [job, expected] of [
        ['test', ['ship/go', 'test (a)/check', 'test (b)/check']],
        ['test (b)', ['ship/go', 'test (b)/check']],
      ] as const) {
        await using world = driver.world();
        const { ran } = await rerun(world, deploy, { what: { kind: 'job', job }, inputs: { fail: 'no' } });
        expect(ran.toSorted()).toEqual(expected);
      }
    });

    it('runs one host of a fleet again', async () => {
      await using world = driver.world();
      world.hosts = ['web-1', 'web-2'];
      const { second, ran } = await rerun(
        world,
        {
          deploy: {
            fleet: { hosts: 'all', canary: 0, batch: 2, max_failures: 0 },
            steps: [
              { id: 'go', with: { fail_times: "${{ runner.name == 'web-2' && inputs.fail == 'yes' && 99 || 0 }}" } },
            ],
          },
        },
        { what: { kind: 'job', job: 'deploy @web-2' }, inputs: { fail: 'no' } },
      );
      expect(ran).toEqual(['deploy @web-2/go']);
      expect(second.status).toBe('success');
      expect(world.seen.claims.at(-1)?.host).toBe('web-2');
    });

    it('goes on from a step in the workspace that was kept', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          keepWorkspace: true,
          steps: [
            { id: 'make', with: { write: 'made', leaves: { variables: { A: '1' }, path: ['/a'] } } },
            fails,
            { id: 'look', with: { files: true, environment: true } },
          ],
        },
      };
      const { second, ran } = await rerun(world, workflow, {
        // The keys of the example.
        what: { kind: 'step', job: 'build' as never, step: 'maybe' as never },
        inputs: { fail: 'no' },
      });
      expect(ran).toEqual(['build/maybe', 'build/look']);
      expect(second.jobs['build']?.steps).toMatchObject({
        make: { status: 'success', reused: true },
        maybe: { status: 'success', outputs: { got: 'no' } },
        look: { outputs: { files: ['made'], environment: { variables: { A: '1' }, path: ['/a'] } } },
      });
      expect(new Set(world.seen.executions.map(({ workspace }) => workspace)).size).toBe(1);
      const numbers = world.seen.executions.map(
        ({ job_attempt, step, attempt }) => `${job_attempt} ${step} ${attempt}`,
      );
      expect(numbers).toEqual([...new Set(numbers)]);
    });

    it('removes the workspace that was kept where the job starts from its first step', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: { keepWorkspace: true, steps: [{ id: 'look', with: { files: true, write: 'made' } }] },
      };
      const { second } = await rerun(world, workflow, { what: { kind: 'all' } });
      expect(second.jobs['build']?.steps['look']?.outputs).toEqual({ files: [] });
      // What a job gave back may be cleaned up after its run's end.
      const { seen } = world;
      await expect.poll(() => [seen.released.length, seen.kept.length], { timeout: 100_000 }).toEqual([1, 2]);
    });

    it('runs one iteration again, and what comes after the loop', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          keepWorkspace: true,
          steps: [
            {
              id: 'loop',
              forEach: {
                items: ['a', 'b', 'c'],
                failFast: false,
                steps: [
                  {
                    id: 'work',
                    with: {
                      fail_times: "${{ each.index == 1 && inputs.fail == 'yes' && 99 || 0 }}",
                      outputs: { of: '${{ each.value }}' },
                    },
                  },
                ],
                outputs: { of: '${{ steps.work.outputs.of }}' },
              },
            },
            { id: 'after', with: { outputs: { all: "${{ join(steps.loop.outputs.of, ',') }}" } } },
          ],
        },
      };
      const { second, ran } = await rerun(world, workflow, {
        // The keys of the example.
        what: { kind: 'iteration', job: 'build' as never, step: 'loop' as never, index: 1 },
        inputs: { fail: 'no' },
      });
      expect(ran).toEqual(['build/loop[1].work', 'build/after']);
      expect(second.jobs['build']?.steps['after']?.outputs).toEqual({ all: 'a,b,c' });
      expect(second.jobs['build']?.steps['loop']?.iterations).toMatchObject({ total: 3, success: 3, failure: 0 });
    });

    it('asks for the secrets again by name, and counts on', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const secrets = { TOKEN: 'hunter2-hunter2' };
      const { run } = (await follow(await engine.start(requestOf({ a: { steps: [{}] } }, { secrets })))).summary;
      const request = { by, what: { kind: 'all' } } as const;
      await expect(engine.rerun(run, { ...request, secrets: {} })).rejects.toMatchObject({
        error: { code: 'SECRET_MISSING', message: expect.stringContaining('TOKEN') },
      });
      const more = { ...secrets, OTHER: 'sesame-sesame' };
      expect((await follow(await engine.rerun(run, { ...request, secrets: more }))).summary.attempt).toBe(2);
      expect(world.opened.at(-1)?.secretsNow()).toEqual(more);
      await expect(engine.rerun(run, { ...request, secrets })).rejects.toMatchObject({
        error: { code: 'SECRET_MISSING' },
      });
      expect((await follow(await engine.rerun(run, { ...request, secrets: more }))).summary.attempt).toBe(3);
    });

    it('refuses what cannot be run again, and changes nothing', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.start(requestOf({ build: { steps: [{ id: 'make' }] } })));
      // The last one's keys are those of the example, the others' are of nothing.
      for (const [what, code] of [
        [{ kind: 'failed' }, 'RUN_STATE'],
        [{ kind: 'job', job: 'bild' }, 'INVALID_INPUT'],
        [{ kind: 'step', job: 'build' as never, step: 'nothing' as never }, 'INVALID_INPUT'],
        [{ kind: 'step', job: 'build' as never, step: 'make' as never }, 'WORKSPACE_GONE'],
      ] as const) {
        await expect(engine.rerun(summary.run, { by, what, secrets: {} })).rejects.toMatchObject({ error: { code } });
      }
      expect((await follow(await engine.resume(summary.run, {}))).summary).toEqual(summary);
    });

    it('refuses a part that its job never came to, and leaves a run that succeeded as it is', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const loop = { id: 'loop', forEach: { items: ['a'], steps: [{ id: 'work' }] } };
      const plan: ExampleWorkflow = { build: { keepWorkspace: true, steps: [loop] } };
      const { summary } = await follow(await engine.start(requestOf(plan)));
      // The keys of the example.
      const what = { kind: 'iteration', job: 'build' as never, step: 'loop' as never, index: 7 } as const;
      const refused = engine.rerun(summary.run, { by, what, secrets: {} });
      await expect(refused).rejects.toMatchObject({ error: { code: 'INVALID_INPUT' } });
      expect((await follow(await engine.resume(summary.run, {}))).summary).toEqual(summary);
    });

    it('refuses to run a run again that has not ended, driven or not', async () => {
      await using world = driver.world();
      const engine = await driver.open(world);
      const handle = await engine.start(requestOf({ build: { steps: [{ id: 'hangs', with: { hang: true } }] } }));
      await reach(handle, { type: 'step_started' });
      await using other = await driver.open(world);
      const request = { by, what: { kind: 'all' }, secrets: {} } as const;
      await expect(other.rerun(handle.run, request)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
      await engine[Symbol.asyncDispose]();
      await expect(other.rerun(handle.run, request)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
    });

    it('runs a run again that was killed: what it cut short counts as cancelled', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(
        requestOf(
          {
            done: { steps: [{ id: 'a' }] },
            hangs: {
              needs: ['done'],
              steps: [
                { id: 'maybe', with: { hang: "${{ inputs.fail == 'yes' }}" } },
                { id: 'always', if: 'always()' },
              ],
            },
            loops: { needs: ['done'], steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '1h' } }] },
            asks: { environment: { name: 'production', approvers: ['grace'] }, steps: [{ id: 'a' }] },
            last: { needs: ['hangs'], if: 'always()', steps: [{ id: 'a' }] },
          },
          { inputs: { fail: 'yes' } },
        ),
      );
      await reach(handle, { type: 'step_started', step: 'maybe' });
      await handle.kill();
      const seen = world.seen.executions.length;
      const { summary } = await follow(
        await engine.rerun(handle.run, {
          by,
          what: { kind: 'job', job: 'hangs' },
          inputs: { fail: 'no' },
          secrets: {},
        }),
      );
      expect(summary).toMatchObject({
        attempt: 2,
        jobs: { done: { status: 'success', reused: true }, hangs: { status: 'success' } },
      });
      expect(world.seen.executions.slice(seen).map(({ job, step }) => `${job}/${step}`)).toEqual([
        'hangs/maybe',
        'hangs/always',
        'last/a',
      ]);
      expect((await follow(await engine.resume(handle.run, {}))).summary).toEqual(summary);
    });
  });
}
