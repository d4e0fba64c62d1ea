import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../schemas/index.ts';
import type { ExampleHead, ExampleWorkflow } from './plans.ts';
import { answering, type EngineDriver, follow, linesOf, requestOf, type World } from './world.ts';

/** What every engine does with loops, branches, signals, environments, fleets and called workflows. */
export function describeLanguage(name: string, driver: EngineDriver): void {
  async function run(
    world: World,
    workflow: ExampleWorkflow,
    given: {
      readonly head?: ExampleHead;
      readonly inputs?: { readonly [name: string]: Json };
      readonly answer?: Json;
    } = {},
  ) {
    await using engine = await driver.open(world);
    const handle = await engine.start(requestOf(workflow, given));
    return await follow(
      handle,
      answering(handle, () => given.answer ?? { decision: 'approve' }),
    );
  }

  describe(`the engine's contract on the language: ${name}`, () => {
    it('names the run by its inputs', async () => {
      await using world = driver.world();
      const head = { runName: 'Deploy ${{ inputs.to }}', inputs: ['to'] };
      const { summary, notices } = await run(world, { a: { steps: [{}] } }, { head, inputs: { to: 'web' } });
      expect(summary).toMatchObject({ name: 'Deploy web', attempt: 1, status: 'success' });
      expect(notices[0]).toMatchObject({ type: 'run_started', name: 'Deploy web', workflow: 'example' });
    });

    it('runs iterations beside each other and gathers their outputs in order', async () => {
      await using world = driver.world();
      const { summary, notices } = await run(world, {
        build: {
          steps: [
            {
              id: 'loop',
              forEach: {
                items: [60_000, 10_000, 30_000],
                concurrency: 3,
                steps: [
                  {
                    id: 'work',
                    with: { log: 'x\n', takes_ms: '${{ each.value }}', outputs: { n: '${{ each.index }}' } },
                  },
                ],
                outputs: { numbers: '${{ steps.work.outputs.n }}' },
              },
            },
            { id: 'after', with: { outputs: { got: "${{ join(steps.loop.outputs.numbers, ',') }}" } } },
          ],
        },
      });
      const steps = summary.jobs['build']?.steps ?? {};
      expect(Object.keys(steps)).toEqual(['loop', 'loop[0].work', 'loop[1].work', 'loop[2].work', 'after']);
      expect(steps['loop']).toMatchObject({
        outputs: { numbers: [0, 1, 2] },
        iterations: { total: 3, success: 3, failure: 0, cancelled: 0, skipped: 0 },
        duration_ms: world.lasts(60_000),
      });
      expect(steps['after']?.outputs).toEqual({ got: '0,1,2' });
      expect(linesOf(notices).filter((line) => line.includes('step_finished'))).toEqual([
        'step_finished build/loop[1].work success',
        'step_finished build/loop[2].work success',
        'step_finished build/loop[0].work success',
        'step_finished build/loop success',
        'step_finished build/after success',
      ]);
    });

    it('ends the other iterations where one fails', async () => {
      await using world = driver.world();
      const { summary } = await run(world, {
        build: {
          steps: [
            {
              id: 'loop',
              forEach: {
                items: [0, 1, 2, 3],
                concurrency: 2,
                steps: [{ id: 'work', with: { hang: '${{ each.value == 0 }}', fail_times: '${{ each.value }}' } }],
              },
            },
          ],
        },
      });
      expect(summary.jobs['build']?.steps['loop']).toMatchObject({
        status: 'failure',
        error: { code: 'STEP_FAILED' },
        iterations: { total: 4, success: 0, failure: 1, cancelled: 1, skipped: 2 },
      });
      const ends = world.seen.executions.map(({ step, end }) => `${step} ${end}`);
      expect(new Set(ends)).toEqual(new Set(['loop[0].work cancelled', 'loop[1].work failure']));
    });

    it('takes one branch and leaves the other', async () => {
      await using world = driver.world();
      const { summary } = await run(world, {
        build: {
          steps: [
            { id: 'make', with: { outputs: { ok: 'yes' } } },
            {
              id: 'gate',
              branch: {
                condition: "steps.make.outputs.ok == 'yes'",
                // oxlint-disable-next-line unicorn/no-thenable -- the plan's own word for it
                then: [{ id: 'deploy', with: { outputs: { url: 'here' } } }],
                else: [{ id: 'report' }],
                outputs: { url: '${{ steps.deploy.outputs.url }}' },
              },
            },
          ],
          outputs: { url: '${{ steps.gate.outputs.url }}' },
        },
      });
      expect(summary.jobs['build']?.outputs).toEqual({ url: 'here' });
      expect(world.seen.executions.map(({ step }) => step)).toEqual(['make', 'gate.deploy']);
    });

    it('waits for an approval, and runs steps again where it is pushed back', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(
        requestOf({
          build: {
            steps: [
              { id: 'draft', with: { outputs: { said: '${{ job.feedback }}' } } },
              { id: 'ok', uses: 'approval@v1', with: { approvers: ['ada'], message: 'Good?' } },
              { id: 'ship', with: { outputs: { by: '${{ steps.ok.outputs.by }}' } } },
            ],
          },
        }),
      );
      const decisions = [{ decision: 'push-back', to: 'draft', comment: 'shorter' }, { decision: 'approve' }];
      const { summary, notices } = await follow(
        handle,
        answering(handle, () => decisions.shift() ?? null),
      );
      expect(summary.jobs['build']?.steps).toMatchObject({
        draft: { outputs: { said: 'shorter' } },
        ok: { outputs: { decision: 'approved', by: 'ada' } },
        ship: { outputs: { by: 'ada' } },
      });
      expect(notices.find(({ type }) => type === 'awaiting')).toMatchObject({
        signal: { name: 'approval:build/ok', job: 'build', step: 'ok', approvers: ['ada'], push_back_to: ['draft'] },
      });
      const told = linesOf(notices).filter((line) => /awaiting|signal_received/.test(line));
      expect(told).toEqual(['awaiting', 'signal_received', 'awaiting', 'signal_received']);
    });

    it('fails where somebody rejects, and where nobody decides in time', async () => {
      await using world = driver.world();
      const asks = { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '1m' } }] };
      const rejected = await run(world, { asks }, { answer: { decision: 'reject', comment: 'not on a Friday' } });
      expect(rejected.summary.jobs['asks']?.error).toMatchObject({
        code: 'REJECTED',
        message: expect.stringContaining('not on a Friday'),
      });
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.start(requestOf({ asks })));
      expect(summary).toMatchObject({
        duration_ms: world.lasts(60_000),
        jobs: { asks: { error: { code: 'TIMEOUT' } } },
      });
    });

    it('hands a signal to everything that waits for it', async () => {
      await using world = driver.world();
      const waits = { id: 'paid', uses: 'wait-for@v1', with: { signal: 'payment' } };
      const { summary, notices } = await run(
        world,
        { shop: { matrix: { part: ['a', 'b'] }, steps: [waits] } },
        { answer: { amount: 3 } },
      );
      expect(summary.jobs['shop (a)']?.steps['paid']?.outputs).toEqual({ payload: { amount: 3 }, by: 'ada' });
      expect(summary.jobs['shop (b)']?.status).toBe('success');
      expect(notices.filter(({ type }) => type === 'signal_received')).toHaveLength(1);
    });

    it('asks once for all cells before a job enters its environment', async () => {
      await using world = driver.world();
      const { summary, notices } = await run(world, {
        deploy: {
          matrix: { part: ['a', 'b'] },
          environment: { name: 'production', url: 'https://${{ matrix.part }}.example.com', approvers: ['ada'] },
          steps: [{}],
        },
      });
      expect(notices.filter(({ type }) => type === 'awaiting')).toHaveLength(1);
      expect(summary.jobs['deploy (b)']).toMatchObject({
        status: 'success',
        environment: { name: 'production', url: 'https://b.example.com' },
      });
    });

    it('runs a job on the hosts of a queue, wave by wave, until too many fail', async () => {
      await using world = driver.world();
      world.hosts = ['web-10', 'web-2', 'web-1', 'web-3'];
      const { summary } = await run(world, {
        deploy: {
          fleet: { hosts: 'all', canary: 1, batch: 1, max_failures: 1 },
          steps: [
            { id: 'go', with: { fail_times: "${{ endsWith(runner.name, '2') || endsWith(runner.name, '3') }}" } },
          ],
        },
        report: {
          needs: ['deploy'],
          if: 'always()',
          steps: [{ id: 'tell', with: { outputs: { one: "${{ needs.deploy.hosts['web-1'].result }}" } } }],
        },
      });
      const { report, ...hosts } = summary.jobs;
      expect(Object.entries(hosts).map(([key, { status }]) => [key, status])).toEqual([
        ['deploy @web-1', 'success'],
        ['deploy @web-2', 'failure'],
        ['deploy @web-3', 'failure'],
        ['deploy @web-10', 'cancelled'],
      ]);
      expect(report?.steps['tell']?.outputs).toEqual({ one: 'success' });
      expect(world.seen.claims.map(({ host }) => host)).toEqual(['web-1', 'web-2', 'web-3', undefined]);
    });

    it('runs the jobs of a called workflow as jobs of the run', async () => {
      await using world = driver.world();
      const called = {
        inputs: ['tag'],
        jobs: {
          make: {
            steps: [{ id: 'tag', with: { outputs: { of: '${{ inputs.tag }}' } } }],
            outputs: { tag: '${{ steps.tag.outputs.of }}' },
          },
          check: { needs: ['make'], steps: [{}] },
        },
        outputs: { tag: '${{ jobs.make.outputs.tag }}' },
      };
      const { summary, notices } = await run(
        world,
        {
          release: { calls: { workflow: 'release.yml', with: { tag: 'v1' } } },
          after: {
            needs: ['release'],
            steps: [{ id: 'got', with: { outputs: { tag: '${{ needs.release.outputs.tag }}' } } }],
          },
        },
        { head: { workflows: { 'release.yml': called } } },
      );
      expect(summary.status).toBe('success');
      expect(Object.keys(summary.jobs)).toEqual(['release', 'release / make', 'release / check', 'after']);
      expect(summary.jobs['after']?.steps['got']?.outputs).toEqual(summary.jobs['release']?.outputs);
      expect(linesOf(notices)).toContain('step_started release / make/tag 1');
    });

    it('tells of the end of a job before that of what ended by it, wherever it stands in the file', async () => {
      await using world = driver.world();
      const called = { jobs: { make: { steps: [{ with: { fail_times: 99 } }] } } };
      const jobs: ExampleWorkflow = {
        after: { needs: ['release'], steps: [{}] },
        release: { calls: { workflow: 'release.yml' } },
      };
      const { notices } = await run(world, jobs, { head: { workflows: { 'release.yml': called } } });
      const ends = linesOf(notices).filter((line) => line.startsWith('job_finished'));
      expect(ends).toEqual([
        'job_finished release / make failure',
        'job_finished release failure',
        'job_finished after skipped',
      ]);
    });

    it('hands what steps leave to the later ones of their job, and to no other', async () => {
      await using world = driver.world();
      const look = { id: 'look', if: 'always()', with: { environment: true, outputs: { mode: '${{ env.MODE }}' } } };
      const { summary } = await run(world, {
        build: {
          steps: [
            { id: 'first', with: { environment: true, leaves: { variables: { A: '1', MODE: 'left' }, path: ['/a'] } } },
            {
              id: 'gate',
              branch: { condition: 'true', then: [{ with: { leaves: { variables: { A: '2' }, path: ['/b'] } } }] },
            },
            { id: 'loop', forEach: { items: [1, 2], steps: [{ with: { leaves: { variables: { A: 'x' } } } }, look] } },
            { id: 'asks', if: "env.MODE == 'left'" },
            { id: 'fails', with: { fail_times: 1, leaves: { variables: { FAILED: 'yes' } } } },
            look,
          ],
          outputs: { mode: '${{ env.MODE }}' },
        },
        other: { needs: ['build'], if: 'always()', steps: [look] },
      });
      const steps = summary.jobs['build']?.steps ?? {};
      const left = { A: '2', MODE: 'left' };
      expect(steps['first']?.outputs).toEqual({ environment: { variables: {}, path: [] } });
      expect(steps['loop[1].look']?.outputs).toMatchObject({ environment: { variables: { ...left, A: 'x' } } });
      expect(steps['asks']?.status).toBe('success');
      expect(steps['look']?.outputs).toEqual({
        environment: { variables: { ...left, FAILED: 'yes' }, path: ['/b', '/a'] },
        mode: 'left',
      });
      expect(summary.jobs['build']?.outputs).toEqual({ mode: 'left' });
      expect(summary.jobs['other']?.steps['look']?.outputs).toEqual({
        environment: { variables: {}, path: [] },
        mode: null,
      });
    });

    it('keeps the workspace of a job that says so, and no other', async () => {
      await using world = driver.world();
      const { summary } = await run(world, {
        kept: { keepWorkspace: true, steps: [{ with: { write: 'file' } }] },
        gone: { steps: [{ with: { write: 'file' } }] },
      });
      expect(summary.status).toBe('success');
      const workspaceOf = (job: string) => world.executionsOf(`${job}/0`)[0]?.workspace ?? '';
      expect(existsSync(workspaceOf('kept'))).toBe(true);
      // An agent may give its place back a moment after the run has its end.
      await expect.poll(() => existsSync(workspaceOf('gone'))).toBe(false);
    });
  });
}
