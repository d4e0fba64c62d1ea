import { describe, expect, it } from 'vitest';
import { type RunId, WaterflowFailure } from '../../schemas/index.ts';
import type { RunNotice } from '../port.ts';
import type { ExampleWorkflow } from './plans.ts';
import type { Execution } from './scripted-executor.ts';
import { type EngineDriver, follow, linesOf, requestOf, resultOf, World } from './world.ts';

const retryLost = { attempts: 100, on: ['lost', 'failure'] } as const;

/** Parallel jobs, a matrix, retries, a sleep, an evaluation on the agent, a job that starts over, a failure, a skip. */
const everything: ExampleWorkflow = {
  prepare: {
    steps: [
      { id: 'make', with: { write: 'made', log: 'x\n', outputs: { n: 1 } }, retry: retryLost },
      { id: 'flaky', with: { fail_times: 1, outputs: { ok: true } }, retry: retryLost },
      { id: 'look', with: { files: true }, retry: retryLost },
      { id: 'hash', if: "hashFiles('made') == 'made'", with: {}, retry: retryLost },
    ],
    outputs: { n: '${{ steps.make.outputs.n }}' },
  },
  wait: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '1h' } }] },
  cells: {
    needs: ['prepare'],
    matrix: { part: ['a', 'b'] },
    steps: [
      {
        id: 'work',
        with: { takes_ms: 1000, outputs: { got: '${{ needs.prepare.outputs.n }}${{ matrix.part }}' } },
        retry: retryLost,
      },
    ],
  },
  again: {
    retry: { attempts: 2, initialMs: 10 },
    steps: [
      { id: 'breaks', with: { files: true, write: 'left', fail_times: 99 }, retry: { attempts: 100, on: ['lost'] } },
    ],
  },
  skipped: { needs: ['again'], steps: [{ id: 'a' }] },
  end: { needs: ['again', 'wait', 'cells'], if: 'always()', steps: [{ id: 'a', retry: retryLost }] },
};

/** What every engine does with a run that is cut off, wherever that is. */
export function describeResume(name: string, driver: EngineDriver): void {
  async function uninterrupted(workflow: ExampleWorkflow) {
    using world = new World();
    await using engine = driver.open(world);
    return resultOf((await follow(await engine.start(requestOf(workflow)))).summary);
  }

  /** Starts a run whose process dies after so many events; undefined where it came to its end before. */
  async function startDoomed(world: World, workflow: ExampleWorkflow, events: number): Promise<Doomed | undefined> {
    await using engine = driver.openDoomed(world, events);
    const handle = await engine.start(requestOf(workflow));
    const notices: RunNotice[] = [];
    for await (const notice of handle.notices) notices.push(notice);
    const dead = await handle.finished.then(
      () => false,
      () => true,
    );
    return dead ? { run: handle.run, succeeded: successesIn(notices) } : undefined;
  }

  describe(`the engine's contract on resuming: ${name}`, () => {
    it('comes to the same end and runs no finished step again, after whichever event the process dies', async () => {
      const expected = await uninterrupted(everything);
      let events = 1;
      for (; ; events += 1) {
        using world = new World();
        const doomed = await startDoomed(world, everything, events);
        if (doomed === undefined) break;
        const seenBefore = world.seen.executions.length;
        await using engine = driver.open(world);
        const { summary } = await follow(await engine.resume(doomed.run, {}));
        expect({ events, result: resultOf(summary) }).toEqual({ events, result: expected });
        expectNothingTwice(world);
        const again = world.seen.executions.slice(seenBefore).map(nameOf);
        expect({ events, again: again.filter((step) => doomed.succeeded.has(step)) }).toEqual({ events, again: [] });
      }
      expect(events).toBeGreaterThan(40);
    });

    it('survives dying over and over', async () => {
      const expected = await uninterrupted(everything);
      using world = new World();
      let run = (await startDoomed(world, everything, 2))?.run;
      for (let events = 5; run !== undefined; events += 8) {
        await using engine = driver.openDoomed(world, events);
        const handle = await engine.resume(run, {});
        const summary = await handle.finished.catch(() => undefined);
        if (summary === undefined) continue;
        expect(resultOf(summary)).toEqual(expected);
        run = undefined;
      }
      expectNothingTwice(world);
    });

    it('reports a step that was running as lost, and tries it again in its workspace', async () => {
      using world = new World();
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
      await using engine = driver.open(world);
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
      using world = new World();
      const run = await leaveWhileRunning(
        world,
        { build: { steps: [{ id: 'hangs', with: { hang: true } }] } },
        'hangs',
      );
      await using engine = driver.open(world);
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
        using world = new World();
        const workflow: ExampleWorkflow = {
          wait: { steps: [{ id: 'nap', uses: 'sleep@v1', with: { duration: '1h' } }] },
        };
        const run = await leaveWhileRunning(world, workflow, 'nap');
        world.clock.pass(passed * 60_000);
        const resumedAt = world.clock.now();
        await using engine = driver.open(world);
        const { summary } = await follow(await engine.resume(run, {}));
        expect(summary.status).toBe('success');
        expect(world.clock.now() - resumedAt).toBe(rest * 60_000);
        expect(summary.duration_ms).toBe((passed + rest) * 60_000);
      }
    });

    it('finishes a cancellation that was under way', async () => {
      using world = new World();
      const workflow: ExampleWorkflow = {
        build: {
          steps: [
            { id: 'hangs', with: { hang: true } },
            { id: 'cleanup', if: 'always()', with: { takes_ms: 1000 } },
          ],
        },
      };
      const first = driver.open(world);
      const handle = await first.start(requestOf(workflow));
      for await (const notice of handle.notices) {
        if (notice.type !== 'step_started') continue;
        if (notice.step === 'cleanup') break;
        handle.cancel('enough');
      }
      await first[Symbol.asyncDispose]();
      await using engine = driver.open(world);
      const { summary } = await follow(await engine.resume(handle.run, {}));
      expect(summary.status).toBe('cancelled');
      expect(summary.jobs['build']?.steps['hangs']?.status).toBe('cancelled');
      expect(summary.jobs['build']?.steps['cleanup']).toMatchObject({
        status: 'failure',
        error: { code: 'AGENT_LOST' },
      });
    });

    it('gives the summary of a run that is over, and does nothing more', async () => {
      using world = new World();
      const first = driver.open(world);
      const ended = await follow(
        await first.start(requestOf({ a: { steps: [{ with: { log: 'no\n', fail_times: 1 } }] } })),
      );
      await first[Symbol.asyncDispose]();
      await using engine = driver.open(world);
      const handle = await engine.resume(ended.summary.run, {});
      handle.cancel('too late');
      await handle.kill();
      const again = await follow(handle);
      expect(linesOf(again.notices)).toEqual(['run_started 1', 'summary failure']);
      expect(again.summary).toEqual(ended.summary);
      expect(world.seen.executions).toHaveLength(1);
    });

    it('asks for the secrets again by name', async () => {
      using world = new World();
      const workflow: ExampleWorkflow = { build: { steps: [{ id: 'hangs', with: { hang: true }, retry: retryLost }] } };
      const secrets = { TOKEN: 'hunter2-hunter2', KEY: 'sesame-sesame' };
      const run = await leaveWhileRunning(world, workflow, 'hangs', secrets);
      await using engine = driver.open(world);
      const refused = await engine.resume(run, { KEY: 'sesame-sesame' }).catch((cause: unknown) => cause);
      expect(refused).toBeInstanceOf(WaterflowFailure);
      expect(refused).toMatchObject({ error: { code: 'SECRET_MISSING', message: expect.stringContaining('TOKEN') } });
      expect(refused).not.toMatchObject({ error: { message: expect.stringContaining('KEY') } });
      const handle = await engine.resume(run, secrets);
      await handle.kill();
      expect(world.opened.at(-1)?.secrets).toEqual(secrets);
    });

    it('lets one process at a time conduct a run', async () => {
      using world = new World();
      await using engine = driver.open(world);
      const handle = await engine.start(requestOf({ build: { steps: [{ id: 'hangs', with: { hang: true } }] } }));
      await using other = driver.open(world);
      const refused = await other.resume(handle.run, {}).catch((cause: unknown) => cause);
      expect(refused).toMatchObject({ error: { code: 'RUN_LOCKED' } });
      await handle.kill();
      expect((await handle.finished).status).toBe('cancelled');
    });

    it('starts a job over whose workspace is gone, if its retry says so', async () => {
      using world = new World();
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
      await using engine = driver.open(world);
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
    const engine = driver.open(world);
    const handle = await engine.start(requestOf(workflow, { secrets }));
    for await (const notice of handle.notices) {
      if (notice.type === 'step_started' && notice.step === step) break;
    }
    await engine[Symbol.asyncDispose]();
    await expect(handle.finished).rejects.toMatchObject({ error: { message: expect.stringContaining(handle.run) } });
    return handle.run;
  }
}

/** A run whose process died. */
interface Doomed {
  readonly run: RunId;
  /** The steps that had succeeded before, as everyone was told. */
  readonly succeeded: ReadonlySet<string>;
}

function successesIn(notices: readonly RunNotice[]): ReadonlySet<string> {
  const attempts = new Map<string, number>();
  const succeeded = new Set<string>();
  for (const notice of notices) {
    if (notice.type === 'job_started') attempts.set(notice.job, notice.attempt);
    if (notice.type !== 'step_finished' || notice.outcome !== 'success') continue;
    succeeded.add(nameOf({ job: notice.job, job_attempt: attempts.get(notice.job) ?? 0, step: notice.step }));
  }
  return succeeded;
}

function expectNothingTwice(world: World): void {
  const names = world.seen.executions.map((execution) => `${nameOf(execution)}#${execution.attempt}`);
  expect(names).toEqual([...new Set(names)]);
}

function nameOf({ job, job_attempt, step }: Pick<Execution, 'job' | 'job_attempt' | 'step'>): string {
  return `${job}#${job_attempt}/${step}`;
}
