import { describe, expect, it } from 'vitest';
import { isEveryCrash } from '../../e2e/every-crash.ts';
import {
  type Doomed,
  doomedBy,
  executedTwice,
  interrupted,
  leaveWhileRunning,
  resultIn,
  uninterrupted,
} from './interrupting.ts';
import { everything, type Interruption, interruptions } from './interruptions.ts';
import type { ExampleWorkflow } from './plans.ts';
import { answering, type EngineDriver, type EngineTraits, follow, linesOf, requestOf, type World } from './world.ts';

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
        const expected = resultIn(driver, await uninterrupted(driver, interruption));
        let latest = 0;
        for (const events of pointsOf(interruption, driver.traits.diesAfter)) {
          const outcome = await interrupted(driver, interruption, events);
          if (outcome === undefined) break;
          latest = events;
          expect({ events, ...outcome }).toEqual({ events, result: expected, twice: [], again: [] });
        }
        expect(latest).toBeGreaterThanOrEqual(leastOf(interruption, driver.traits.diesAfter));
      });
    });

    it('survives dying over and over', async () => {
      const expected = resultIn(
        driver,
        await uninterrupted(driver, { what: '', workflow: everything, every: 1, atLeast: 0 }),
      );
      await using world = driver.world();
      let run = (await startDoomed(world, everything, 2))?.run;
      for (let events = 3; run !== undefined; events += 2) {
        await using engine = await driver.openDoomed(world, events);
        const handle = await engine.resume(run, {});
        const summary = await handle.finished.catch(() => undefined);
        if (summary === undefined) continue;
        expect(resultIn(driver, summary)).toEqual(expected);
        run = undefined;
      }
      expect(executedTwice(world)).toEqual([]);
    });

    it('tells again what a run waits for', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        asks: { steps: [{ id: 'loop', forEach: { items: [1], steps: [{ id: 'ok', uses: 'approval@v1' }] } }] },
        deploy: { environment: { name: 'production', approvers: ['ada'] }, steps: [{}] },
      };
      const run = await leaveWhileRunning(driver, world, workflow, { step: 'loop[0].ok' });
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
  });
}

/** After how many events the process dies, in one run after the other. */
function* pointsOf({ every, atLeast }: Interruption, dies: EngineTraits['diesAfter']): Generator<number> {
  if (dies === 'some events') yield* [...(isEveryCrash ? [Math.ceil(atLeast / 4)] : []), Math.ceil((atLeast * 2) / 3)];
  else for (let events = 1; ; events += every) yield events;
}

/** How far a run must have come when it was interrupted last. */
function leastOf({ every, atLeast }: Interruption, dies: EngineTraits['diesAfter']): number {
  return dies === 'some events' ? Math.ceil(atLeast / 4) : atLeast - every + 1;
}
