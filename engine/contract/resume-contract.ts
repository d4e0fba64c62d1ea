import { describe, expect, it } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { type Doomed, doomedBy, executedTwice, interrupted, uninterrupted } from './interrupting.ts';
import { everything, interruptions, retryLost } from './interruptions.ts';
import type { ExampleWorkflow } from './plans.ts';
import { answering, type EngineDriver, follow, linesOf, requestOf, resultOf, type World } from './world.ts';

/** What every engine does with a run that is cut off, wherever that is. */
export function describeResume(name: string, driver: EngineDriver): void {
  /** Starts a run whose process dies after so many events; undefined where it came to its end before. */
  async function startDoomed(world: World, workflow: ExampleWorkflow, events: number): Promise<Doomed | undefined> {
    await using engine = await driver.openDoomed(world, events);
    return doomedBy(await engine.start(requestOf(workflow)));
  }

  describe(`the engine's contract on resuming: ${name}`, () => {
    describe('comes to the same end and runs no finished step again, after whichever event the process dies, with', () => {
      it.each(interruptions)('$what', { timeout: 300_000 }, async (interruption) => {
        const expected = resultOf(await uninterrupted(driver, interruption));
        let events = 1;
        for (; ; events += interruption.every) {
          const outcome = await interrupted(driver, interruption, events);
          if (outcome === undefined) break;
          expect({ events, ...outcome }).toEqual({ events, result: expected, twice: [], again: [] });
        }
        expect(events).toBeGreaterThan(interruption.atLeast);
      });
    });

    it('survives dying over and over', async () => {
      const expected = resultOf(await uninterrupted(driver, { what: '', workflow: everything, every: 1, atLeast: 0 }));
      await using world = driver.world();
      let run = (await startDoomed(world, everything, 2))?.run;
      for (let events = 3; run !== undefined; events += 2) {
        await using engine = await driver.openDoomed(world, events);
        const handle = await engine.resume(run, {});
        const summary = await handle.finished.catch(() => undefined);
        if (summary === undefined) continue;
        expect(resultOf(summary)).toEqual(expected);
        run = undefined;
      }
      expect(executedTwice(world)).toEqual([]);
    });

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
      const run = await leaveWhileRunning(world, workflow, 'hangs');
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
        world,
        { build: { steps: [{ id: 'hangs', with: { hang: true } }] } },
        'hangs',
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
        const run = await leaveWhileRunning(world, workflow, 'nap');
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

    it('tells again what a run waits for', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        asks: { steps: [{ id: 'loop', forEach: { items: [1], steps: [{ id: 'ok', uses: 'approval@v1' }] } }] },
        deploy: { environment: { name: 'production', approvers: ['ada'] }, steps: [{}] },
      };
      const run = await leaveWhileRunning(world, workflow, 'loop[0].ok');
      await using engine = await driver.open(world);
      const handle = await engine.resume(run, {});
      const { summary, notices } = await follow(
        handle,
        answering(handle, () => ({ decision: 'approve' })),
      );
      expect(summary.status).toBe('success');
      expect(linesOf(notices).slice(0, 5)).toEqual([
        'run_started 1',
        'step_started asks/loop 1',
        'step_started asks/loop[0].ok 1',
        'awaiting',
        'awaiting',
      ]);
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

    it('gives the summary of a run that is over, and does nothing more', async () => {
      await using world = driver.world();
      const first = await driver.open(world);
      const ended = await follow(
        await first.start(requestOf({ a: { steps: [{ with: { log: 'no\n', fail_times: 1 } }] } })),
      );
      await first[Symbol.asyncDispose]();
      await using engine = await driver.open(world);
      const handle = await engine.resume(ended.summary.run, {});
      handle.cancel('too late');
      await handle.kill();
      const again = await follow(handle);
      expect(linesOf(again.notices)).toEqual(['run_started 1', 'summary failure']);
      expect(again.summary).toEqual(ended.summary);
      expect(world.seen.executions).toHaveLength(1);
    });

    it('asks for the secrets again by name', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = { build: { steps: [{ id: 'hangs', with: { hang: true }, retry: retryLost }] } };
      const secrets = { TOKEN: 'hunter2-hunter2', KEY: 'sesame-sesame' };
      const run = await leaveWhileRunning(world, workflow, 'hangs', secrets);
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
      const run = await leaveWhileRunning(world, workflow, 'slow');
      world.removeWorkspaces();
      await using engine = await driver.open(world);
      const { summary } = await follow(await engine.resume(run, {}));
      expect(summary.jobs['build']).toMatchObject({ status: 'success', attempts: 2 });
      expect(world.executionsOf('build/first').map(({ job_attempt }) => job_attempt)).toEqual([1, 2]);
    });
  });

  /** Leaves a run while this step runs, as a process does that ends. */
  async function leaveWhileRunning(
    world: World,
    workflow: ExampleWorkflow,
    step: string,
    secrets: Readonly<Record<string, string>> = {},
  ) {
    const engine = await driver.open(world);
    const handle = await engine.start(requestOf(workflow, { secrets }));
    for await (const notice of handle.notices) {
      if (notice.type === 'step_started' && notice.step === step) break;
    }
    await engine[Symbol.asyncDispose]();
    await expect(handle.finished).rejects.toMatchObject({ error: { message: expect.stringContaining(handle.run) } });
    return handle.run;
  }
}
