import { describe, expect, it, vi } from 'vitest';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, requestOf, type World } from './world.ts';

/** What every engine does with a run that nothing interrupts. */
export function describeEngine(name: string, driver: EngineDriver): void {
  async function runExample(world: World, workflow: ExampleWorkflow, inputs = {}) {
    await using engine = await driver.open(world);
    return await follow(await engine.start(requestOf(workflow, { inputs })));
  }

  describe(`the engine's contract: ${name}`, () => {
    it('runs a job step by step and tells what happens', async () => {
      await using world = driver.world();
      const { summary, notices } = await runExample(world, {
        build: {
          steps: [
            { id: 'make', with: { log: 'making\n', calls: 2, outputs: { path: 'out/x' } } },
            { with: { outputs: { got: '${{ steps.make.outputs.path }}' } } },
          ],
          outputs: { artifact: '${{ steps.make.outputs.path }}' },
        },
      });
      expect(linesOf(notices)).toEqual([
        'run_started 1',
        'job_started build 1',
        'step_started build/make 1',
        'log build/make 1',
        ...(driver.traits.tellsHostCalls ? ['host_call build/make 1', 'host_call build/make 1'] : []),
        'step_finished build/make success',
        'step_started build/1 1',
        'step_finished build/1 success',
        'job_finished build success',
        'summary success',
      ]);
      expect(notices.at(-1)).toEqual({ type: 'summary', at: expect.any(String), ...summary });
      expect(summary.jobs['build']?.outputs).toEqual({ artifact: 'out/x' });
      expect(summary.jobs['build']?.steps['1']?.outputs).toEqual({ got: 'out/x' });
    });

    it('sums up in the documented shape, skipped jobs and steps included', async () => {
      await using world = driver.world();
      const { summary } = await runExample(
        world,
        {
          build: {
            steps: [
              { id: 'wait', with: { takes_ms: 1500, calls: 3 } },
              { id: 'never', if: 'false' },
              { id: 'breaks', with: { log: 'one\ntwo\n', fail_times: 1 }, continueOnError: true },
            ],
          },
          deploy: { needs: ['build'], if: 'inputs.deploy', steps: [{ id: 'ship' }] },
        },
        { deploy: false },
      );
      expect(summary).toEqual({
        run: expect.stringMatching(/^run-/),
        name: 'example',
        attempt: 1,
        status: 'success',
        duration_ms: world.lasts(1500),
        jobs: {
          build: {
            status: 'success',
            attempts: 1,
            duration_ms: world.lasts(1500),
            outputs: {},
            steps: {
              wait: {
                status: 'success',
                outcome: 'success',
                conclusion: 'success',
                attempts: 1,
                duration_ms: world.lasts(1500),
                outputs: {},
                host_calls: { allowed: 2, denied: 1 },
              },
              never: {
                status: 'skipped',
                outcome: 'skipped',
                conclusion: 'skipped',
                attempts: 0,
                duration_ms: 0,
                outputs: {},
                host_calls: { allowed: 0, denied: 0 },
                skip_reason: expect.objectContaining({ condition: expect.stringContaining('false') }),
              },
              breaks: {
                status: 'success',
                outcome: 'failure',
                conclusion: 'success',
                attempts: 1,
                duration_ms: world.lasts(0),
                outputs: {},
                host_calls: { allowed: 0, denied: 0 },
                error: expect.objectContaining({ code: 'STEP_FAILED' }),
                last_lines: ['one', 'two'],
              },
            },
          },
          deploy: {
            status: 'skipped',
            attempts: 0,
            duration_ms: 0,
            outputs: {},
            skip_reason: expect.objectContaining({
              read: expect.arrayContaining([{ path: 'inputs.deploy', value: false }]),
            }),
            steps: { ship: expect.objectContaining({ status: 'skipped', attempts: 0 }) },
          },
        },
      });
    });

    it('runs jobs in parallel, and those that need others after them, with their outputs', async () => {
      await using world = driver.world();
      const { summary } = await runExample(world, {
        left: {
          steps: [{ id: 'a', with: { takes_ms: 3000, outputs: { n: 1 } } }],
          outputs: { n: '${{ steps.a.outputs.n }}' },
        },
        right: { steps: [{ id: 'a', with: { takes_ms: 2000 } }] },
        last: {
          needs: ['left', 'right'],
          steps: [{ id: 'sum', with: { takes_ms: 500, outputs: { from: '${{ needs.left.outputs.n }}' } } }],
        },
      });
      expect(summary.duration_ms).toEqual(world.lasts(3500));
      expect(summary.jobs['last']?.steps['sum']?.outputs).toEqual({ from: '1' });
      const [one, other, last] = world.seen.executions.map(({ job }) => job);
      expect([new Set([one, other]), last]).toEqual([new Set(['left', 'right']), 'last']);
      expect(new Set(world.seen.executions.map(({ workspace }) => workspace)).size).toBeGreaterThan(1);
    });

    it('runs cells of which each has many values', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const axes = Array.from({ length: 40 }, (_, index) => [`axis-${index}`, [`${index}`.padStart(50, 'x')]]);
      const { summary } = await follow(
        await engine.start(requestOf({ build: { matrix: Object.fromEntries(axes), steps: [{ id: 'work' }] } })),
      );
      expect(summary.status).toBe('success');
      expect(world.seen.executions).toHaveLength(1);
    });

    it('runs each cell of a matrix as a job', async () => {
      await using world = driver.world();
      const { summary } = await runExample(world, {
        build: {
          matrix: { os: ['linux', 'macos'], node: [22, 24] },
          steps: [{ id: 'tell', with: { outputs: { cell: '${{ matrix.os }}/${{ matrix.node }}' } } }],
        },
      });
      expect(Object.keys(summary.jobs)).toEqual([
        'build (linux, 22)',
        'build (linux, 24)',
        'build (macos, 22)',
        'build (macos, 24)',
      ]);
      expect(summary.jobs['build (macos, 22)']?.steps['tell']?.outputs).toEqual({ cell: 'macos/22' });
    });

    it('tries a step again in its workspace, after a growing pause', async () => {
      await using world = driver.world();
      const { summary, notices } = await runExample(world, {
        build: {
          steps: [
            {
              id: 'flaky',
              with: { write: 'trace', files: true, fail_times: 2 },
              retry: { attempts: 3, initialMs: 1000 },
            },
          ],
        },
      });
      const pauses = notices.flatMap((notice) => (notice.type === 'step_retrying' ? [notice.delay_ms] : []));
      expect(pauses).toEqual([1000, 2000]);
      expect(summary.jobs['build']?.steps['flaky']).toMatchObject({
        status: 'success',
        attempts: 3,
        duration_ms: world.lasts(3000),
        outputs: { files: ['trace'] },
      });
    });

    it('ends a step at its time limit, and the job at its own', async () => {
      await using world = driver.world();
      const { summary } = await runExample(world, {
        step: { steps: [{ id: 'hangs', with: { hang: true }, timeoutMinutes: 2 }, { id: 'after' }] },
        job: {
          timeoutMinutes: 5,
          steps: [
            { id: 'hangs', with: { hang: true } },
            { id: 'cleanup', if: 'always()' },
          ],
        },
      });
      expect(summary).toMatchObject({ status: 'failure', duration_ms: world.lasts(5 * 60_000) });
      expect(summary.jobs['step']).toMatchObject({ status: 'failure', duration_ms: world.lasts(2 * 60_000) });
      expect(summary.jobs['step']?.steps['hangs']).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
      expect(summary.jobs['step']?.steps['after']?.status).toBe('skipped');
      expect(summary.jobs['job']).toMatchObject({ status: 'failure', error: { code: 'TIMEOUT' } });
      expect(summary.jobs['job']?.steps['cleanup']?.status).toBe('success');
    });

    it('starts a job over in an empty workspace', async () => {
      await using world = driver.world();
      const { summary, notices } = await runExample(world, {
        build: {
          retry: { attempts: 2, initialMs: 60_000 },
          steps: [
            { id: 'make', with: { files: true, write: 'made' } },
            { id: 'breaks', with: { fail_times: 1 } },
          ],
        },
      });
      expect(summary).toMatchObject({ status: 'failure', duration_ms: world.lasts(60_000) });
      expect(summary.jobs['build']).toMatchObject({ status: 'failure', attempts: 2 });
      expect(summary.jobs['build']?.steps['make']?.outputs).toEqual({ files: [] });
      expect(world.executionsOf('build/make').map(({ job_attempt }) => job_attempt)).toEqual([1, 2]);
      expect(linesOf(notices).filter((line) => line.startsWith('job_started'))).toEqual([
        'job_started build 1',
        'job_started build 2',
      ]);
      expect(world.seen.claims.map(({ keep }) => keep)).toEqual([undefined, undefined]);
      await vi.waitFor(() => expect(world.seen.released).toHaveLength(2));
    });

    it('sleeps for long without an agent', async () => {
      await using world = driver.world();
      const { summary } = await runExample(world, {
        wait: {
          timeoutMinutes: 60 * 24 * 365,
          steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: `${world.longMs / 60_000}m` } }],
        },
      });
      expect(summary).toMatchObject({ status: 'success', duration_ms: world.lasts(world.longMs) });
      expect(world.seen.claims).toEqual([]);
    });

    it('asks the agent what only it can evaluate', async () => {
      await using world = driver.world();
      const { summary } = await runExample(world, {
        build: {
          steps: [
            { id: 'make', with: { write: 'lock' } },
            { id: 'yes', if: "hashFiles('lock') == 'lock'" },
            { id: 'no', if: "hashFiles('other') != ''" },
          ],
        },
      });
      expect(summary.jobs['build']?.steps['yes']?.status).toBe('success');
      expect(summary.jobs['build']?.steps['no']?.status).toBe('skipped');
    });

    it('cancels in order: the running step ends, always() steps and jobs still run', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(
        requestOf({
          build: { steps: [{ id: 'hangs', with: { hang: true } }, { id: 'next' }, { id: 'cleanup', if: 'always()' }] },
          after: { needs: ['build'], steps: [{ id: 'a' }] },
          report: { needs: ['build'], if: 'always()', steps: [{ id: 'a' }] },
        }),
      );
      const { summary } = await follow(handle, (notice) => {
        if (notice.type !== 'step_started' || notice.step !== 'hangs') return;
        handle.cancel('enough');
        handle.cancel('more than enough');
      });
      expect(summary.status).toBe('cancelled');
      expect(Object.entries(summary.jobs['build']?.steps ?? {}).map(([key, step]) => [key, step.status])).toEqual([
        ['hangs', 'cancelled'],
        ['next', 'skipped'],
        ['cleanup', 'success'],
      ]);
      expect(summary.jobs['build']?.status).toBe('cancelled');
      expect(summary.jobs['after']?.status).toBe('skipped');
      expect(summary.jobs['report']?.status).toBe('success');
    });

    it('kills at once: nothing more runs, and the run ends cancelled', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(
        requestOf({
          build: { steps: [{ id: 'done' }, { id: 'hangs', with: { hang: true } }, { id: 'cleanup', if: 'always()' }] },
          report: { needs: ['build'], if: 'always()', steps: [{ id: 'a' }] },
        }),
      );
      const { summary, notices } = await follow(handle, (notice) => {
        if (notice.type !== 'step_started' || notice.step !== 'hangs') return;
        // Elsewhere what it asks for goes its own way, and may have come far before the other arrives.
        if (driver.traits.isDrivenByProcess) handle.cancel('first');
        void handle.kill();
      });
      expect(notices.at(-1)?.type).toBe('summary');
      expect(summary).toMatchObject({
        status: 'cancelled',
        jobs: {
          build: {
            status: 'cancelled',
            error: { code: 'CANCELLED' },
            steps: { done: { status: 'success' }, hangs: { status: 'cancelled' }, cleanup: { status: 'skipped' } },
          },
          report: { status: 'cancelled', attempts: 0, steps: { a: { status: 'skipped' } } },
        },
      });
      expect(world.executionsOf('build/cleanup')).toEqual([]);
      await vi.waitFor(() => expect(world.seen.released).toHaveLength(1));
      const { summary: again } = await follow(await (await driver.open(world)).resume(handle.run, {}));
      expect(again).toEqual(summary);
    });
  });
}
