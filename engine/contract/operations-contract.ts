import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Engine, Operation, RunHandle, RunInfo } from '../port.ts';
import { left } from './interrupting.ts';
import { approve, asks, by, hangs } from './operation-plans.ts';
import type { ExampleWorkflow } from './plans.ts';
import { type EngineDriver, follow, linesOf, reach, requestOf, type World } from './world.ts';

/** What every engine does when it is asked to do something with a run, by whichever process. */
export function describeOperations(name: string, driver: EngineDriver): void {
  /** A run that some process drives and that has come to a notice, and another process that asks. */
  async function underWay(
    world: World,
    workflow: ExampleWorkflow,
    until: Parameters<typeof reach>[1],
    act: (asked: { readonly other: Engine; readonly handle: RunHandle }) => Promise<void>,
  ): Promise<void> {
    await using engine = await driver.open(world);
    await using other = await driver.open(world);
    const handle = await engine.start(requestOf(workflow));
    await reach(handle, until);
    await act({ other, handle });
  }

  /** A run that was left when it had come to a notice. */
  /** Whoever drives it refuses at once. */
  async function refuses(
    { other, handle }: { readonly other: Engine; readonly handle: RunHandle },
    operation: Operation,
    why: RegExp,
  ): Promise<void> {
    const ask = async (): Promise<unknown> =>
      driver.traits.isDrivenByProcess ? handle.operate(operation) : await other.operate(handle.run, operation);
    await expect(ask()).rejects.toThrow(why);
    await expect(other.operate(handle.run, operation)).rejects.toThrow(why);
  }

  describe(`the engine's contract on operations: ${name}`, () => {
    it('begins nothing while a run is paused, and lets what runs come to its end', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(
        requestOf({
          build: { timeoutMinutes: 5, steps: [{ id: 'first', with: { takes_ms: 90_000 } }, { id: 'second' }] },
        }),
      );
      let paused: RunInfo | undefined;
      const { summary, notices } = await follow(handle, async (notice) => {
        if (notice.type === 'step_started' && notice.step === 'first') handle.operate({ kind: 'pause', by });
        if (notice.type !== 'step_finished' || notice.step !== 'first') return;
        // A job's time doesn't pass while nothing of it may run.
        await world.clock.pass(6 * 60_000);
        paused = await engine.info(handle.run);
        handle.operate({ kind: 'resume', by });
      });
      expect(paused).toMatchObject({ status: 'paused', driven: true });
      expect(linesOf(notices)).toEqual([
        'run_started 1',
        'job_started build 1',
        'step_started build/first 1',
        'run_paused',
        'step_finished build/first success',
        'run_resumed',
        'step_started build/second 1',
        'step_finished build/second success',
        'job_finished build success',
        'summary success',
      ]);
      expect(summary.status).toBe('success');
    });

    it('refuses what a run is not in the state for', async () => {
      await using world = driver.world();
      await underWay(world, hangs, { type: 'step_started' }, async ({ other, handle }) => {
        const refusal = { error: { code: 'RUN_STATE' } };
        await refuses({ other, handle }, { kind: 'resume', by }, /is not paused/);
        await other.operate(handle.run, { kind: 'pause', by });
        await refuses({ other, handle }, { kind: 'pause', by }, /paused already/);
        await expect(other.operate(handle.run, { kind: 'pause', by })).rejects.toMatchObject(refusal);
        await handle.kill();
        for (const kind of ['cancel', 'terminate', 'pause', 'resume'] as const) {
          expect(() => handle.operate({ kind, by })).toThrow(/has ended/);
          await expect(other.operate(handle.run, { kind, by })).rejects.toMatchObject(refusal);
        }
        await expect(other.operate(handle.run, approve('anything'))).rejects.toMatchObject(refusal);
      });
    });

    it('refuses signals that nobody waits for, or not so', async () => {
      await using world = driver.world();
      const workflow: ExampleWorkflow = {
        build: { steps: [{ id: 'ok', uses: 'approval@v1', with: { approvers: ['grace'] } }] },
      };
      await underWay(world, workflow, { type: 'awaiting' }, async ({ other, handle }) => {
        const refusal = { error: { code: 'SIGNAL_REFUSED' } };
        await expect(other.operate(handle.run, approve('approval:build/other'))).rejects.toMatchObject(refusal);
        await expect(other.operate(handle.run, approve('approval:build/ok'))).rejects.toMatchObject(refusal);
        await refuses({ other, handle }, approve('approval:build/ok'), /no approver/);
        const signal = { name: 'approval:build/ok', by: 'grace', payload: { decision: 'approve' } };
        expect(await other.operate(handle.run, { kind: 'signal', signal })).toEqual({ takesEffect: 'now' });
        expect((await handle.finished).status).toBe('success');
      });
    });

    it('does for another process what it does for its own', async () => {
      await using world = driver.world();
      for (const [kind, told, steps] of [
        ['cancel', 'cancelled', { hangs: { status: 'cancelled' }, cleanup: { status: 'success' } }],
        ['terminate', 'terminated', { hangs: { status: 'cancelled' }, cleanup: { status: 'skipped' } }],
      ] as const) {
        await underWay(world, hangs, { type: 'step_started' }, async ({ other, handle }) => {
          expect(await other.operate(handle.run, { kind, by, reason: 'enough' })).toEqual({ takesEffect: 'now' });
          expect(await handle.finished).toMatchObject({ status: 'cancelled', jobs: { build: { steps } } });
          const error = { code: 'CANCELLED', message: expect.stringContaining(`${told} by ${by}: enough`) };
          expect(await other.info(handle.run)).toMatchObject({ status: 'cancelled', error });
          expect((await other.inspect(handle.run)).error).toMatchObject(error);
        });
      }
      await underWay(world, asks, { type: 'awaiting' }, async ({ other, handle }) => {
        await other.operate(handle.run, { kind: 'pause', by });
        await other.operate(handle.run, approve('approval:build/ok'));
        expect(await other.info(handle.run)).toMatchObject({ status: 'paused', awaits: [] });
        expect(world.seen.executions.map(({ step }) => step)).not.toContain('ship');
        await other.operate(handle.run, { kind: 'resume', by });
        expect((await handle.finished).status).toBe('success');
      });
    });

    it('ends a run that nobody drives where it is terminated', async () => {
      await using world = driver.world();
      const run = await left(driver, world, hangs, { type: 'step_started' });
      await expect.poll(() => world.seen.executions.length).toBe(1);
      const workspace = world.seen.executions[0]?.workspace ?? '';
      expect(existsSync(workspace)).toBe(true);
      await using other = await driver.open(world);
      await other.operate(run, { kind: 'terminate', by });
      await expect.poll(() => existsSync(workspace)).toBe(false);
      expect(await other.info(run)).toMatchObject({ status: 'cancelled', driven: false });
      const { summary } = await follow(await other.resume(run, {}));
      expect(summary.status).toBe('cancelled');
      expect(world.executionsOf('build/cleanup')).toEqual([]);
    });

    it('knows no run that is not there', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const { run } = await engine.start(requestOf({ a: { steps: [] } }));
      const other = `${run.slice(0, -4)}zzzz` as typeof run;
      const unknown = { error: { code: 'RUN_NOT_FOUND' } };
      await expect(engine.info(other)).rejects.toMatchObject(unknown);
      await expect(engine.operate(other, { kind: 'cancel', by })).rejects.toMatchObject(unknown);
      await expect(engine.rerun(other, { by, what: { kind: 'all' }, secrets: {} })).rejects.toMatchObject(unknown);
    });

    it('lists runs, the newest first, with what they are at', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      await follow(await engine.start(requestOf({ a: { steps: [{ with: { fail_times: 1 } }] } })));
      await world.clock.pass(1000);
      const waiting = await engine.start(
        requestOf(
          { build: { timeoutMinutes: 9, steps: [{ id: 'ok', uses: 'approval@v1' }] } },
          { head: { runName: 'Ship it' } },
        ),
      );
      await reach(waiting, { type: 'awaiting' });
      await world.clock.pass(1000);
      const alone = await left(driver, world, hangs, { type: 'step_started' });
      await using other = await driver.open(world);
      const listed = [];
      for await (const info of other.list()) listed.push(info);
      expect(listed).toMatchObject([
        { run: alone, status: 'running', driven: !driver.traits.isDrivenByProcess },
        { run: waiting.run, name: 'Ship it', status: 'waiting', driven: true, awaits: [{ name: 'approval:build/ok' }] },
        { workflow: 'example', name: 'example', file: 'example.yml', attempt: 1, status: 'failure', driven: false },
      ]);
      expect(listed[2]).toMatchObject({
        created_at: expect.stringMatching(world.isExact ? /^2026-01-01T00:00:00.000Z$/ : /Z$/),
        error: { code: 'STEP_FAILED' },
      });
      expect(listed[2]?.ended_at).toBeDefined();
      expect(listed[0]?.ended_at).toBeUndefined();
      expect(await engine.info(waiting.run)).toEqual(listed[1]);
      await waiting.kill();
    });
  });
}
