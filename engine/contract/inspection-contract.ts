import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import type { Engine, Operation } from '../port.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, reach, requestOf } from './world.ts';

const asks: ExampleWorkflow = {
  build: { steps: [{ id: 'compile' }, { id: 'review', uses: 'approval@v1' }, { id: 'ship' }] },
  deploy: { needs: ['build'], steps: [{ id: 'push' }] },
};
const approve: Operation = {
  kind: 'signal',
  signal: { name: 'approval:build/review', by: 'ada', payload: { decision: 'approve' } },
};

/** What every engine shows of a run, whoever drives it. */
export function describeInspection(name: string, driver: EngineDriver): void {
  async function statusesOf(engine: Engine, run: RunId) {
    const { status, driven, jobs } = await engine.inspect(run);
    const steps = Object.entries(jobs).map(([key, job]) => [
      key,
      job.status,
      Object.values(job.steps).map((step) => step.status),
    ]);
    return { status, driven, steps };
  }

  describe(`the engine's contract on inspection: ${name}`, () => {
    it('shows jobs and steps as far as they have come, to another process too, and leaves the run alone', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      await using other = await driver.open(world);
      const handle = await engine.start(requestOf(asks));
      const waiting = await reachingReview(handle, () => statusesOf(other, handle.run));
      expect(waiting.seen).toEqual({
        status: 'waiting',
        driven: true,
        steps: [
          ['build', 'waiting', ['success', 'waiting', 'pending']],
          ['deploy', 'waiting', []],
        ],
      });
      expect(waiting.summary.status).toBe('success');
      expect(await statusesOf(other, handle.run)).toEqual({
        status: 'success',
        driven: false,
        steps: [
          ['build', 'success', ['success', 'success', 'success']],
          ['deploy', 'success', ['success']],
        ],
      });
    });

    it('shows a run that was left as it was left, and one that was terminated as it ended', async () => {
      await using world = driver.world();
      const engine = await driver.open(world);
      const handle = await engine.start(requestOf(asks));
      await reach(handle, { type: 'awaiting' });
      await engine[Symbol.asyncDispose]();
      await using other = await driver.open(world);
      const left = await other.inspect(handle.run);
      expect(left).toMatchObject({
        driven: !driver.traits.isDrivenByProcess,
        status: 'waiting',
        jobs: { deploy: { waits_for: 'needs' } },
      });
      await other.operate(handle.run, { kind: 'terminate', by: 'ada' });
      const ended = await other.inspect(handle.run);
      expect(ended).toMatchObject({
        status: 'cancelled',
        jobs: { build: { status: 'cancelled', steps: { review: { status: 'cancelled' } } } },
      });
      expect(ended.jobs['deploy']?.status).toBe('skipped');
    });

    it('says that a run is not there', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      // The pattern of a RunId.
      const run = `run-${'0'.repeat(26)}` as RunId;
      await expect(engine.inspect(run)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
    });
  });

  async function reachingReview<Seen>(handle: Parameters<typeof follow>[0], look: () => Promise<Seen>) {
    let seen: Seen | undefined;
    const { summary } = await follow(handle, async (notice) => {
      if (notice.type !== 'awaiting') return;
      seen = await look();
      handle.operate(approve);
    });
    return { seen, summary };
  }
}
