import { describe, expect, it } from 'vitest';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { leaveWhileRunning, left } from './interrupting.ts';
import { retryLost } from './interruptions.ts';
import { approve, asks, by, hangs } from './operation-plans.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf } from './world.ts';

const absent = `run-${'0'.repeat(26)}` as RunId; // The pattern of a RunId.

/** What an engine does with a run that stands still without the process that drives it, until another one takes it up. */
export function describeDrivenRuns(name: string, driver: EngineDriver): void {
  describe(`the engine's contract on runs that a process drives: ${name}`, () => {
    it('reports a step that was running as lost, and tries it again in its workspace', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          steps: [
            { id: 'make', with: { write: 'made' } },
            { id: 'hangs', with: { hang: true }, retry: retryLost },
          ],
        },
      };
      const run = await leaveWhileRunning(driver, world, workflow, { step: 'hangs' });
      const [before] = world.executionsOf('build/hangs');
      await using engine = await driver.open(world);
      const handle = await engine.resume(run, {});
      const { summary, notices } = await follow(handle, (notice) => {
        if (notice.type === 'step_started') handle.cancel('seen enough');
      });
      expect(linesOf(notices)).toEqual([
        'run_started 1',
        'step_retrying build/hangs 1',
        'step_started build/hangs 2',
        'step_finished build/hangs cancelled',
        'job_finished build cancelled',
        'summary cancelled',
      ]);
      expect(notices[0]).toMatchObject({ resumed: true });
      expect(notices[1]).toMatchObject({ error: { code: 'AGENT_LOST' } });
      expect(world.executionsOf('build/hangs')[1]?.workspace).toBe(before?.workspace);
      expect(world.seen.claims[1]?.keep).toBe(before?.workspace);
      expect(summary.jobs['build']?.steps['make']).toMatchObject({ status: 'success', attempts: 1 });
    });

    it('fails a lost step whose retry does not cover that', async () => {
      await using world = driver.world();
      const run = await leaveWhileRunning(
        driver,
        world,
        { build: { steps: [{ id: 'hangs', with: { hang: true } }] } },
        { step: 'hangs' },
      );
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.resume(run, {}));
      expect(summary.status).toBe('failure');
      expect(summary.jobs['build']?.steps['hangs']).toMatchObject({ status: 'failure', error: { code: 'AGENT_LOST' } });
      expect(world.executionsOf('build/hangs')).toHaveLength(1);
    });

    it('sleeps on until the time it was due before, and not at all if that is past', async () => {
      for (const [passed, rest] of [
        [40, 20],
        [90, 0],
      ] as const) {
        await using world = driver.world();
        const workflow: ExampleWorkflow = {
          wait: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '1h' } }] },
        };
        const run = await leaveWhileRunning(driver, world, workflow, { step: 'nap' });
        await world.clock.pass(passed * 60_000);
        const resumedAt = world.clock.now();
        await using engine = await driver.open(world);
        const { summary, notices } = await follow(await engine.resume(run, {}));
        expect(summary.status).toBe('success');
        expect(linesOf(notices).slice(0, 2)).toEqual(['run_started 1', 'step_started wait/nap 1']);
        expect(world.clock.now() - resumedAt).toBe(rest * 60_000);
        expect(summary.duration_ms).toBe((passed + rest) * 60_000);
      }
    });

    it('finishes a cancellation that was under way', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          steps: [
            { id: 'hangs', with: { hang: true } },
            { id: 'cleanup', if: 'always()', with: { takes_ms: 1000 } },
          ],
        },
      };
      const first = await driver.open(world);
      const handle = await first.start(requestOf(workflow));
      for await (const notice of handle.notices) {
        if (notice.type !== 'step_started') continue;
        if (notice.step === 'cleanup') break;
        handle.cancel('enough');
      }
      await first[Symbol.asyncDispose]();
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.resume(handle.run, {}));
      expect(summary.status).toBe('cancelled');
      expect(summary.jobs['build']?.steps['hangs']?.status).toBe('cancelled');
      expect(summary.jobs['build']?.steps['cleanup']).toMatchObject({
        status: 'failure',
        error: { code: 'AGENT_LOST' },
      });
    });

    it('asks for the secrets again by name', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = { build: { steps: [{ id: 'hangs', with: { hang: true }, retry: retryLost }] } };
      const secrets = { TOKEN: 'hunter2-hunter2', KEY: 'sesame-sesame' };
      const run = await leaveWhileRunning(driver, world, workflow, { step: 'hangs', secrets });
      await using engine = await driver.open(world);
      const refused = await engine.resume(run, { KEY: 'sesame-sesame' }).catch((cause: unknown) => cause);
      expect(refused).toBeInstanceOf(WaterflowFailure);
      expect(refused).toMatchObject({ error: { code: 'SECRET_MISSING', message: expect.stringContaining('TOKEN') } });
      expect(refused).not.toMatchObject({ error: { message: expect.stringContaining('KEY') } });
      const handle = await engine.resume(run, secrets);
      await handle.kill();
      expect(world.opened.at(-1)?.secretsNow()).toEqual(secrets);
    });

    it('lets one process at a time conduct a run', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(requestOf({ build: { steps: [{ id: 'hangs', with: { hang: true } }] } }));
      await using other = await driver.open(world);
      const refused = await other.resume(handle.run, {}).catch((cause: unknown) => cause);
      expect(refused).toMatchObject({ error: { code: 'RUN_LOCKED' } });
      await handle.kill();
      expect((await handle.finished).status).toBe('cancelled');
    });

    it('starts a job over whose workspace is gone, if its retry says so', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          retry: { attempts: 2 },
          steps: [
            { id: 'first', with: { files: true } },
            { id: 'slow', with: { takes_ms: 1000 } },
          ],
        },
      };
      const run = await leaveWhileRunning(driver, world, workflow, { step: 'slow' });
      world.removeWorkspaces();
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.resume(run, {}));
      expect(summary.jobs['build']).toMatchObject({ status: 'success', attempts: 2 });
      expect(world.executionsOf('build/first').map(({ job_attempt }) => job_attempt)).toEqual([1, 2]);
    });

    it('makes a run anew whose process died before it began', async () => {
      await using world = driver.world();
      const doomed = await driver.openDoomed(world, 0);
      const request = { ...requestOf({ build: { steps: [{ id: 'only' }] } }), run: absent };
      const dead = await doomed.start(request);
      await expect(dead.finished).rejects.toThrow('the process dies here');
      await expect(doomed.inspect(absent)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.start(request));
      expect(summary).toMatchObject({ run: absent, status: 'success' });
    });

    it('removes a run that broke off, where that is asked for and nobody drives it', async () => {
      await using world = driver.world();
      const left = await driver.open(world);
      const handle = await left.start(requestOf(asks));
      await reach(handle, { type: 'awaiting' });
      await expect(left.remove(handle.run, { unended: 'remove' })).rejects.toMatchObject({
        error: { code: 'RUN_STATE' },
      });
      await left[Symbol.asyncDispose]();
      await using engine = await driver.open(world);
      await expect(engine.remove(handle.run)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
      await engine.remove(handle.run, { unended: 'remove' });
      await expect(engine.info(handle.run)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
    });

    it('keeps what is asked of a run that nobody drives for the resume', async () => {
      await using world = driver.world();
      const run = await left(driver, world, asks, { type: 'awaiting' });
      await using other = await driver.open(world);
      const later = { takesEffect: 'when resumed' };
      expect(await other.operate(run, { kind: 'pause', by })).toEqual(later);
      expect(await other.info(run)).toMatchObject({ status: 'paused', driven: false });
      expect(await other.operate(run, { kind: 'resume', by })).toEqual(later);
      await expect(other.operate(run, approve('approval:build/other'))).rejects.toMatchObject({
        error: { code: 'SIGNAL_REFUSED' },
      });
      expect(await other.operate(run, approve('approval:build/ok'))).toEqual(later);
      await expect(other.operate(run, approve('approval:build/ok'))).rejects.toMatchObject({
        error: { code: 'SIGNAL_REFUSED' },
      });
      expect(world.seen.executions).toEqual([]);
      const { summary } = await follow(await other.resume(run, {}));
      expect(summary.jobs['build']?.steps['ship']).toMatchObject({ status: 'success', attempts: 1 });
    });

    it('cancels a run that nobody drives once it is resumed', async () => {
      await using world = driver.world();
      const run = await left(driver, world, hangs, { type: 'step_started' });
      await using other = await driver.open(world);
      await other.operate(run, { kind: 'cancel', by });
      const { summary } = await follow(await other.resume(run, {}));
      expect(summary).toMatchObject({
        status: 'cancelled',
        jobs: { build: { steps: { cleanup: { status: 'success' } } } },
      });
    });
  });
}
