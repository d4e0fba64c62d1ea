import { describe, expect, it } from 'vitest';
import type { RunHandle } from '../port.ts';
import { inGroup, takingLong } from './group-plans.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf } from './world.ts';

const hangs: ExampleWorkflow = {
  build: {
    steps: [
      { id: 'hangs', with: { hang: true } },
      { id: 'cleanup', if: 'always()', with: { takes_ms: 1000 } },
    ],
  },
};

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
  });
}
