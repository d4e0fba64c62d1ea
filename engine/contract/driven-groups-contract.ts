import { describe, expect, it } from 'vitest';
import type { Engine } from '../port.ts';
import { inGroup, takingLong } from './group-plans.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf, type World } from './world.ts';

/** What an engine does with concurrency groups whose members stand still without the processes that drive them. */
export function describeDrivenGroups(name: string, driver: EngineDriver): void {
  describe(`the engine's contract on groups of runs that processes drive: ${name}`, () => {
    it('skips a run whose process died, which asks again before it goes on', async () => {
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
    });

    describe('lets a job that lost its group', () => {
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
