import { describe, expect, it } from 'vitest';
import type { Engine, RunHandle } from '../port.ts';
import type { ExampleHead, ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf, type World } from './world.ts';

function takingLong({ longMs }: World): ExampleWorkflow {
  return { build: { steps: [{ id: 'work', with: { takes_ms: longMs } }] } };
}

const hangs: ExampleWorkflow = {
  build: {
    steps: [
      { id: 'hangs', with: { hang: true } },
      { id: 'cleanup', if: 'always()', with: { takes_ms: 1000 } },
    ],
  },
};

function inGroup(group: string, cancelInProgress = false): { readonly head: ExampleHead } {
  return { head: { concurrency: { group, cancelInProgress } } };
}

/** What every engine does with runs and jobs that share a concurrency group. */
export function describeGroups(name: string, driver: EngineDriver): void {
  describe(`the engine's contract on concurrency groups: ${name}`, () => {
    it('runs one after the other, in the order in which they asked, whatever the case of the name', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      await using other = await driver.open(world);
      const first = await engine.start(requestOf(takingLong(world), inGroup('Deploy')));
      await reach(first, { type: 'step_started' });
      const second = await other.start(requestOf(takingLong(world), inGroup('deploy')));
      await reach(second, { type: 'group_waiting' });
      expect(await other.info(second.run)).toMatchObject({ status: 'queued', driven: true });
      const third = await engine.start(requestOf(takingLong(world), inGroup('DEPLOY')));
      const { summary, notices } = await follow(third);
      expect(summary.duration_ms).toEqual(world.lastsAbout(3 * world.longMs));
      expect(linesOf(notices)).toEqual([
        'run_started 1',
        'group_waiting',
        'group_acquired',
        'job_started build 1',
        'step_started build/work 1',
        'step_finished build/work success',
        'job_finished build success',
        'summary success',
      ]);
      expect([(await first.finished).status, (await second.finished).status]).toEqual(['success', 'success']);
      expect((await second.finished).duration_ms).toEqual(world.lastsAbout(2 * world.longMs));
    });

    it('does not let tenants and groups of other names wait', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handles = [
        await engine.start(requestOf(takingLong(world), inGroup('a'))),
        await engine.start(requestOf(takingLong(world), inGroup('b'))),
        await engine.start(requestOf(takingLong(world), { ...inGroup('a'), tenant: 'other' })),
      ];
      for (const handle of handles) expect((await handle.finished).duration_ms).toEqual(world.lasts(world.longMs));
    });

    it('ends whoever runs or waits where the next one is in a hurry', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      await using other = await driver.open(world);
      const first = await engine.start(requestOf(hangs, inGroup('deploy')));
      await reach(first, { type: 'step_started' });
      const second = await other.start(requestOf(hangs, inGroup('deploy')));
      await reach(second, { type: 'group_waiting' });
      const third = await other.start(requestOf(takingLong(world), inGroup('deploy', true)));
      const ended = await first.finished;
      expect(ended).toMatchObject({
        status: 'cancelled',
        jobs: { build: { steps: { cleanup: { status: 'success' } } } },
      });
      expect((await second.finished).status).toBe('cancelled');
      expect(await third.finished).toMatchObject({ status: 'success', duration_ms: world.lasts(1000 + world.longMs) });
      expect(world.executionsOf('build/hangs')).toHaveLength(1);
    });

    it('lets jobs take turns, of one run and of others', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const workflow: ExampleWorkflow = {
        deploy: {
          matrix: { part: ['a', 'b'] },
          concurrency: { group: 'web' },
          steps: [{ with: { takes_ms: world.longMs } }],
        },
        beside: { steps: [{ with: { takes_ms: 1000 } }] },
      };
      const [one, other] = [await engine.start(requestOf(workflow)), await engine.start(requestOf(workflow))];
      const { notices } = await follow(one);
      await other.finished;
      expect(linesOf(notices).filter((line) => line.startsWith('group'))).toContain('group_waiting deploy (b)');
      const [{ duration_ms: a }, { duration_ms: b }] = [await one.finished, await other.finished];
      expect(Math.max(a, b)).toEqual(world.lasts(4 * world.longMs));
      expect((await other.finished).jobs['beside']?.duration_ms).toEqual(world.lasts(1000));
    });

    it('shows a run as queued whose jobs all wait for their turn', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const workflow: ExampleWorkflow = {
        deploy: { concurrency: { group: 'web' }, steps: [{ id: 'hangs', with: { hang: true } }] },
      };
      const first = await engine.start(requestOf(workflow));
      await reach(first, { type: 'step_started' });
      const second = await engine.start(requestOf(workflow));
      await reach(second, { type: 'group_waiting', job: 'deploy' });
      expect(await engine.info(first.run)).toMatchObject({ status: 'running' });
      expect(await engine.info(second.run)).toMatchObject({ status: 'queued' });
      await first.kill();
      await second.kill();
    });

    it('passes the group on when a run is cancelled while it waits, is killed or is left', async () => {
      const acts: readonly ((handle: RunHandle) => Promise<unknown>)[] = [
        (handle) => handle.kill(),
        async (handle) => {
          handle.cancel('enough');
          await handle.finished;
        },
      ];
      for (const act of acts) {
        await using world = driver.world();
        await using engine = await driver.open(world);
        const first = await engine.start(requestOf(hangs, inGroup('deploy')));
        await reach(first, { type: 'step_started' });
        const second = await engine.start(requestOf(takingLong(world), inGroup('deploy')));
        const third = await engine.start(requestOf(takingLong(world), inGroup('deploy')));
        await reach(third, { type: 'group_waiting' });
        await act(second);
        await act(first);
        expect((await third.finished).status).toBe('success');
        expect((await second.finished).status).toBe('cancelled');
      }
    });

    it.runIf(driver.traits.isDrivenByProcess)(
      'skips a run whose process died, which asks again before it goes on',
      async () => {
        await using world = driver.world();
        const dying = await driver.openDoomed(world, 4);
        const dead = await dying.start(
          requestOf(
            { build: { steps: [{ id: 'work', with: { takes_ms: 1 }, retry: { on: ['lost'] } }] } },
            inGroup('deploy'),
          ),
        );
        await dead.finished.catch(() => undefined);
        await using engine = await driver.open(world);
        const next = await engine.start(requestOf(takingLong(world), inGroup('deploy')));
        await reach(next, { type: 'step_started' });
        const seen = world.seen.executions.length;
        await using other = await driver.open(world);
        const ranWhileItWaited: number[] = [];
        const { summary, notices } = await follow(await other.resume(dead.run, {}), (notice) => {
          if (notice.type === 'group_waiting') ranWhileItWaited.push(world.seen.executions.length - seen);
        });
        expect(ranWhileItWaited).toEqual([0]);
        expect(summary.status).toBe('success');
        expect(linesOf(notices)).toEqual([
          'run_started 1',
          'group_waiting',
          'group_acquired',
          'step_started build/work 1',
          'step_finished build/work success',
          'job_finished build success',
          'summary success',
        ]);
        expect(world.seen.executions).toHaveLength(seen + 1);
        expect((await next.finished).status).toBe('success');
      },
    );

    describe.runIf(driver.traits.isDrivenByProcess)('lets a job that lost its group', () => {
      const asks: ExampleWorkflow = {
        build: { concurrency: { group: 'deploy' }, steps: [{ id: 'ok', uses: 'approval@v1' }, { id: 'ship' }] },
        cleanup: { needs: ['build'], if: 'always()', steps: [{}] },
      };
      const approval = { name: 'approval:build/ok', by: 'ada', payload: { decision: 'approve' } };

      /** A run whose process left it while its job held the group, and another run that has it since. */
      async function lost(world: World, rival: Engine) {
        const leaving = await driver.open(world);
        const dead = await leaving.start(requestOf(asks));
        await reach(dead, { type: 'awaiting' });
        await leaving[Symbol.asyncDispose]();
        const winner = await rival.start(requestOf(takingLong(world), inGroup('deploy')));
        await reach(winner, { type: 'step_started' });
        return { run: dead.run, winner };
      }

      it('take no signal until it has the group again', async () => {
        await using world = driver.world();
        await using engine = await driver.open(world);
        const { run, winner } = await lost(world, engine);
        const handle = await engine.resume(run, {});
        const signal = { kind: 'signal', signal: approval } as const;
        const refusals: unknown[] = [];
        const { summary } = await follow(handle, (notice) => {
          if (notice.type === 'group_acquired') handle.operate(signal);
          if (notice.type !== 'group_waiting') return;
          refusals.push(refusalOf(() => handle.operate(signal)));
        });
        expect(refusals).toMatchObject([{ error: { code: 'RUN_STATE', message: expect.stringContaining('deploy') } }]);
        expect(summary).toMatchObject({
          status: 'success',
          jobs: { build: { steps: { ship: { status: 'success' } } } },
        });
        expect((await winner.finished).status).toBe('success');
      });

      it('end without the group where its run is cancelled', async () => {
        await using world = driver.world();
        await using engine = await driver.open(world);
        const { run, winner } = await lost(world, engine);
        const handle = await engine.resume(run, {});
        const { summary } = await follow(handle, (notice) => {
          if (notice.type === 'group_waiting') handle.cancel('enough');
        });
        expect(summary).toMatchObject({ status: 'cancelled', jobs: { cleanup: { status: 'success' } } });
        expect(await engine.info(winner.run)).toMatchObject({ status: 'running' });
        await winner.kill();
      });
    });
  });
}

function refusalOf(action: () => void): unknown {
  try {
    action();
    return undefined;
  } catch (cause) {
    return cause;
  }
}
