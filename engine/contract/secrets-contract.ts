import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import type { Engine, RunHandle, RunNotice } from '../port.ts';
import { doomedBy, executedTwice } from './interrupting.ts';
import { retryLost } from './interruptions.ts';
import type { ExampleStep, ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, reach, requestOf, resultOf, type World } from './world.ts';

const secrets = { TOKEN: 'hunter2-hunter2', KEY: 'sesame-sesame' };

/** A step that reads a secret. */
function using(id: string, name: keyof typeof secrets = 'TOKEN', more: Partial<ExampleStep> = {}): ExampleStep {
  return { id, with: { takes_ms: 10, outputs: { used: `\${{ secrets.${name} }}` } }, retry: retryLost, ...more };
}

const nap: ExampleStep = { id: 'nap', uses: 'sleep@v1', with: { duration: '1h' } };

/** What every engine does with a run whose secrets were lost with its process. */
export function describeSecrets(name: string, driver: EngineDriver): void {
  describe(`the engine's contract on secrets that are gone: ${name}`, () => {
    it('goes on with all but what needs one, and with that once it is given', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: { steps: [nap, using('use')] },
        plain: { steps: [nap, { id: 'work', with: { takes_ms: 10 } }] },
      };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, workflow);
      const infos: unknown[] = [];
      const { summary } = await follow(handle, async (notice) => {
        if (notice.type === 'job_finished' && notice.job === 'plain') {
          infos.push(await engine.info(handle.run), (await engine.inspect(handle.run)).jobs['build']);
          await engine.giveSecrets(handle.run, { TOKEN: secrets.TOKEN });
        }
      });
      expect(infos).toMatchObject([
        {
          status: 'waiting',
          driven: true,
          awaits: [{ kind: 'secrets', name: 'secrets:build/use', job: 'build', step: 'use', secrets: ['TOKEN'] }],
        },
        { status: 'waiting', steps: { use: { status: 'waiting', attempts: 0 } } },
      ]);
      expect(summary.status).toBe('success');
      expect(world.executionsOf('build/use')).toHaveLength(1);
      expect(world.opened.at(-1)?.secretsNow()).toEqual({ TOKEN: secrets.TOKEN });
    });

    it('tells what it waits for, also what is left when some are given', async () => {
      await using world = driver.world();
      const both = { id: 'both', with: { outputs: { a: '${{ secrets.TOKEN }}', b: '${{ secrets.KEY }}' } } };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, { build: { steps: [nap, both] } });
      const told: unknown[] = [];
      const { summary } = await follow(handle, async (notice) => {
        if (notice.type !== 'awaiting' || notice.signal.kind !== 'secrets') return;
        const [first = ''] = notice.signal.secrets;
        told.push(notice.signal.secrets);
        await engine.giveSecrets(handle.run, { [first]: 'some-value', OTHER: 'of nobody' });
      });
      expect(told).toEqual([['TOKEN', 'KEY'], ['KEY']]);
      expect(summary.status).toBe('success');
      const events = [];
      for await (const { type } of engine.readings.events(handle.run, 0)) events.push(type);
      expect(events.filter((type) => type === 'secrets_awaited')).toHaveLength(2);
      await expect(engine.giveSecrets(handle.run, secrets)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
    });

    it('has what may hold one wait, too: later steps of the same workspace, and plugins that ask by themselves', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        after: { steps: [using('use'), nap, { id: 'later' }] },
        asks: { steps: [nap, { id: 'asks', with: { asks: 'key' } }] },
        other: { steps: [nap, { id: 'asks', with: { asks: 'UNKNOWN' } }] },
      };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, workflow);
      const waiting: string[] = [];
      const { summary } = await follow(handle, async (notice) => {
        if (notice.type !== 'awaiting' || notice.signal.kind !== 'secrets') return;
        waiting.push(`${notice.signal.job}: ${notice.signal.secrets.join(', ')}`);
        if (waiting.length === 2) await engine.giveSecrets(handle.run, secrets);
      });
      expect(new Set(waiting)).toEqual(new Set(['after: TOKEN', 'asks: KEY']));
      expect(summary.status).toBe('success');
    });

    it('is cancelled without them: what cleans up with one fails, and what needs none runs', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          steps: [
            nap,
            using('use'),
            using('clean', 'KEY', { if: 'always()' }),
            { id: 'sweep', if: 'always()', with: { takes_ms: 10 } },
          ],
        },
        always: { steps: [nap, using('use', 'TOKEN', { if: 'always()' })] },
      };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, workflow);
      const { summary } = await follow(
        handle,
        onSecrets(2, () => handle.operate({ kind: 'cancel', by: 'ada' })),
      );
      expect(summary.status).toBe('cancelled');
      expect(summary.jobs['build']?.steps).toMatchObject({
        use: { status: 'cancelled', attempts: 0, error: { code: 'CANCELLED' } },
        clean: { status: 'failure', attempts: 0, error: { code: 'SECRET_MISSING' } },
        sweep: { status: 'success' },
      });
      expect(summary.jobs['always']?.steps['use']).toMatchObject({ error: { code: 'SECRET_MISSING' } });
      expect(world.seen.executions.map(({ step }) => step)).toEqual(['sweep']);
    });

    it('fails what comes after a failure, rather than to wait', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: {
          steps: [nap, { id: 'fails', with: { fail_times: 9 } }, using('tell', 'TOKEN', { if: 'failure()' })],
        },
        notify: { needs: ['build'], if: 'always()', steps: [using('tell')] },
      };
      await using engine = await driver.open(world);
      const { summary } = await follow(await resumedWithout(world, engine, workflow));
      expect(summary.status).toBe('failure');
      expect(summary.jobs['build']?.steps['tell']).toMatchObject({ error: { code: 'SECRET_MISSING' } });
      expect(summary.jobs['notify']?.steps['tell']).toMatchObject({ error: { code: 'SECRET_MISSING' } });
    });

    it('takes decisions, and lets their time run out, while a step waits', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        use: { steps: [nap, using('use')] },
        asks: { steps: [{ id: 'ok', uses: 'approval@v1' }] },
        late: { steps: [{ id: 'ok', uses: 'approval@v1', with: { timeout: '48h' } }] },
        deploy: { needs: ['asks'], environment: { name: 'production', approvers: ['ada'] }, steps: [{}] },
      };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, workflow);
      const { summary } = await follow(handle, async (notice) => {
        if (notice.type === 'awaiting' && notice.signal.kind === 'approval' && notice.signal.job !== 'late') {
          const payload = { decision: notice.signal.job === 'asks' ? 'approve' : 'reject' };
          handle.operate({ kind: 'signal', signal: { name: notice.signal.name, by: 'ada', payload } });
        }
        if (notice.type === 'job_finished' && notice.job === 'late') await engine.giveSecrets(handle.run, secrets);
      });
      expect(Object.entries(summary.jobs).map(([key, { status, error }]) => [key, status, error?.code])).toEqual([
        ['use', 'success', undefined],
        ['asks', 'success', undefined],
        ['late', 'failure', 'TIMEOUT'],
        ['deploy', 'failure', 'REJECTED'],
      ]);
    });

    it("counts no wait for them to the job's own time", async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        use: { timeoutMinutes: 90, steps: [nap, using('use')] },
        clock: { steps: [{ ...nap, with: { duration: '100h' } }] },
      };
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, workflow);
      const { summary } = await follow(handle, async (notice) => {
        if (notice.type === 'job_finished' && notice.job === 'clock') await engine.giveSecrets(handle.run, secrets);
      });
      expect(summary.jobs['use']).toMatchObject({ status: 'success' });
    });

    it('stays paused when they are given, until it is resumed', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, { use: { steps: [nap, using('use')] } });
      await reach(handle, { type: 'awaiting' });
      handle.operate({ kind: 'pause', by: 'ada' });
      await engine.giveSecrets(handle.run, secrets);
      expect(await engine.info(handle.run)).toMatchObject({ status: 'paused', awaits: [] });
      expect(world.seen.executions).toEqual([]);
      handle.operate({ kind: 'resume', by: 'ada' });
      expect((await handle.finished).status).toBe('success');
    });

    it('gives way to whoever has its group since, also where it waited for them', async () => {
      await using world = driver.world();
      const group = { group: 'deploy' };
      const first = await driver.open(world);
      const { run, notices } = await resumedWithout(world, first, {
        use: { concurrency: group, steps: [nap, using('use')] },
      });
      for await (const { type } of notices) if (type === 'awaiting') break;
      await first[Symbol.asyncDispose]();
      await using engine = await driver.open(world);
      const rival = await engine.start(requestOf({ hold: { steps: [nap] } }, { head: { concurrency: group } }));
      await reach(rival, { type: 'step_started' });
      const handle = await engine.resume(run, {}, { missing: 'wait' });
      const order: string[] = [];
      const { summary } = await follow(handle, async (notice) => {
        order.push(notice.type);
        if (notice.type === 'group_waiting') await engine.giveSecrets(run, secrets);
      });
      expect(order.slice(0, 4)).toEqual(['run_started', 'awaiting', 'group_waiting', 'group_acquired']);
      expect(summary.status).toBe('success');
      expect((await rival.finished).status).toBe('success');
    });

    it('ends at once when it is terminated', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await resumedWithout(world, engine, { use: { steps: [nap, using('use')] } });
      await reach(handle, { type: 'awaiting' });
      handle.operate({ kind: 'terminate', by: 'ada' });
      expect(await handle.finished).toMatchObject({ status: 'cancelled' });
      expect(await engine.info(handle.run)).toMatchObject({ status: 'cancelled', awaits: [] });
    });

    it('begins without them', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const request = requestOf({ use: { steps: [using('use')] }, both: { steps: [using('use', 'KEY')] } });
      const handle = await engine.start({ ...request, secrets: { KEY: secrets.KEY }, awaited_secrets: ['TOKEN'] });
      const { summary } = await follow(
        handle,
        onSecrets(1, () => engine.giveSecrets(handle.run, secrets)),
      );
      expect(summary.status).toBe('success');
    });

    it('comes to the same end, wherever its process dies, also once more while it waits', {
      timeout: 60_000,
    }, async () => {
      const workflow: ExampleWorkflow = {
        build: { steps: [using('one'), { id: 'two', retry: retryLost }], outputs: { done: '${{ job.status }}' } },
        loop: {
          steps: [
            { id: 'each', forEach: { items: [1, 2, 3], concurrency: 2, steps: [using('work', 'KEY'), using('more')] } },
          ],
        },
        last: { needs: ['build', 'loop'], steps: [using('end', 'KEY')] },
      };
      await using plain = driver.world();
      await using whole = await driver.open(plain);
      const expected = resultOf((await follow(await whole.start(requestOf(workflow, { secrets })))).summary);
      let events = 1;
      for (; ; events += 1) {
        await using world = driver.world();
        const run = await dyingAfter(world, workflow, events);
        if (run === undefined) break;
        await leaveWhileWaiting(world, run);
        await using engine = await driver.open(world);
        const handle = await engine.resume(run, {}, { missing: 'wait' });
        const { summary } = await follow(
          handle,
          onSecrets(1, () => engine.giveSecrets(run, secrets)),
        );
        expect([events, resultOf(summary), executedTwice(world)]).toEqual([events, expected, []]);
      }
      expect(events).toBeGreaterThan(25);
    });
  });

  /** Starts a run whose process dies after so many events; undefined where it came to its end before. */
  async function dyingAfter(world: World, workflow: ExampleWorkflow, events: number): Promise<RunId | undefined> {
    await using engine = await driver.openDoomed(world, events);
    return (await doomedBy(await engine.start(requestOf(workflow, { secrets }))))?.run;
  }

  /** Resumes a run in a process that dies after three events, or when a step waits for secrets. */
  async function leaveWhileWaiting(world: World, run: RunId): Promise<void> {
    await using engine = await driver.openDoomed(world, 3);
    const { notices } = await engine.resume(run, {}, { missing: 'wait' });
    for await (const { type } of notices) if (type === 'awaiting') break;
  }

  /** A run that an engine before this one left while it slept, gone on with without its secrets. */
  async function resumedWithout(world: World, engine: Engine, workflow: ExampleWorkflow): Promise<RunHandle> {
    const first = await driver.open(world);
    const { run, notices } = await first.start(requestOf(workflow, { secrets }));
    const sleepers = Object.values(workflow).filter(({ steps = [] }) => steps.some(({ id }) => id === 'nap'));
    let asleep = 0;
    for await (const notice of notices) {
      if (notice.type === 'step_started' && notice.step === 'nap') asleep += 1;
      if (asleep === sleepers.length) break;
    }
    await first[Symbol.asyncDispose]();
    world.seen.executions.length = 0;
    return engine.resume(run, {}, { missing: 'wait' });
  }
}

/** Acts once, when so many steps have come to wait for secrets. */
function onSecrets(count: number, act: () => void | Promise<void>): (notice: RunNotice) => void | Promise<void> {
  let seen = 0;
  return (notice) => {
    if (notice.type !== 'awaiting' || notice.signal.kind !== 'secrets') return undefined;
    seen += 1;
    return seen === count ? act() : undefined;
  };
}
