import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import type { Engine, RecordedEvent, RecordedLog } from '../port.ts';
import type { ExampleWorkflow } from './plans.ts';
import { answering, type EngineDriver, follow, reach, requestOf } from './world.ts';

const asks: ExampleWorkflow = {
  build: {
    steps: [
      { id: 'compile', with: { log: 'compiling\n' } },
      { id: 'review', uses: 'approval@v1' },
      { id: 'ship', with: { log: 'shipping\n' } },
    ],
  },
  deploy: { needs: ['build'], steps: [{ id: 'push' }] },
};

const absent = `run-${'0'.repeat(26)}` as RunId; // The pattern of a RunId.

async function allOf<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** How every engine shows a run as it goes on, and as it was. */
export function describeReadings(name: string, driver: EngineDriver): void {
  const eventsOf = (engine: Engine, run: RunId, after = 0): Promise<readonly RecordedEvent[]> =>
    allOf(engine.readings.events(run, after));
  const logsOf = (engine: Engine, run: RunId, after = 0): Promise<readonly RecordedLog[]> =>
    allOf(engine.readings.logs(run, after));

  async function ended(engine: Engine): Promise<RunId> {
    const handle = await engine.start(requestOf(asks));
    await follow(
      handle,
      answering(handle, () => ({ decision: 'approve' })),
    );
    return handle.run;
  }

  describe(`the engine's contract on readings: ${name}`, () => {
    it('gives events in order and without gaps, from any one on', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const run = await ended(engine);
      const events = await eventsOf(engine, run);
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
      expect(events[0]).toMatchObject({ type: 'run_started', at: expect.stringMatching(/^2\d{3}-.*Z$/) });
      expect(events[0]?.job).toBeUndefined();
      expect(events.some(({ type, job }) => type === 'step_finished' && job === 'build')).toBe(true);
      const middle = Math.floor(events.length / 2);
      expect(await eventsOf(engine, run, middle)).toEqual(events.slice(middle));
      expect(await eventsOf(engine, run, events.length)).toEqual([]);
      expect(await eventsOf(engine, run, events.length + 7)).toEqual([]);
    });

    it('gives logs in order, from any position on', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const run = await ended(engine);
      const logs = await logsOf(engine, run);
      expect(logs.map(({ job, step, text }) => [job, step, text])).toEqual([
        ['build', 'compile', 'compiling\n'],
        ['build', 'ship', 'shipping\n'],
      ]);
      expect(await logsOf(engine, run, logs[0]?.position)).toEqual(logs.slice(1));
      expect(await logsOf(engine, run, logs[1]?.position)).toEqual([]);
    });

    it('gives the state after each event, and after the last one what the run is at', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const run = await ended(engine);
      const events = await eventsOf(engine, run);
      const statuses: string[] = [];
      for (const { sequence } of events) {
        const { status, awaits, jobs } = await engine.readings.stateAt(run, sequence);
        const review = jobs['build']?.steps['review'];
        const now = `${status} ${awaits.length} ${review?.status ?? 'none'}`;
        if (now !== statuses.at(-1)) statuses.push(now);
      }
      expect(statuses).toEqual(expect.arrayContaining(['waiting 1 waiting', 'success 0 success']));
      expect(statuses.indexOf('waiting 1 waiting')).toBeLessThan(statuses.indexOf('success 0 success'));
      // Nor where a job has ended, and the run has yet to hear of it or the next one to begin.
      expect(statuses.slice(1).filter((status) => status.startsWith('queued'))).toEqual([]);
      expect(await engine.readings.stateAt(run, events.length)).toEqual(await engine.inspect(run));
      await expect(engine.readings.stateAt(run, events.length + 1)).rejects.toMatchObject({
        error: { code: 'INVALID_INPUT' },
      });
    });

    it('gives what a run was terminated at, after its last event', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(requestOf(asks));
      await reach(handle, { type: 'awaiting' });
      await engine.operate(handle.run, { kind: 'terminate', by: 'ada' });
      await handle.finished;
      const events = await eventsOf(engine, handle.run);
      expect(await engine.readings.stateAt(handle.run, events.length)).toMatchObject({ status: 'cancelled' });
      expect(await engine.readings.stateAt(handle.run, events.length - 1)).toMatchObject({ status: 'waiting' });
    });

    it('tells watchers of what is written, by whichever process, and no one after it was disposed of', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      await using other = await driver.open(world);
      const handle = await engine.start(requestOf(asks));
      await reach(handle, { type: 'awaiting' });
      const told = Promise.withResolvers<void>();
      let before = 0;
      using _watch = other.readings.watch(handle.run, () => told.resolve());
      const early = other.readings.watch(handle.run, () => {
        before += 1;
      });
      early[Symbol.dispose]();
      await engine.operate(handle.run, {
        kind: 'signal',
        signal: { name: 'approval:build/review', by: 'ada', payload: { decision: 'approve' } },
      });
      await told.promise;
      await handle.finished;
      expect(before).toBe(0);
    });

    it('says that a run is not there', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const refused = { error: { code: 'RUN_NOT_FOUND' } };
      await expect(eventsOf(engine, absent)).rejects.toMatchObject(refused);
      await expect(logsOf(engine, absent)).rejects.toMatchObject(refused);
      await expect(engine.readings.stateAt(absent, 1)).rejects.toMatchObject(refused);
    });

    it('tells watchers of a run that comes after them', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const begun = Promise.withResolvers<void>();
      const look = (): void => {
        engine.info(absent).then(
          () => begun.resolve(),
          () => {},
        );
      };
      using _watch = engine.readings.watch(absent, look);
      const handle = await engine.start({ ...requestOf(asks), run: absent });
      await begun.promise;
      expect(await engine.info(absent)).toMatchObject({ driven: true });
      await handle.kill();
    });
  });

  describe(`the engine's contract on runs by their ids: ${name}`, () => {
    it('begins a run under the id that it is given, once', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const request = { ...requestOf(asks), run: absent };
      const handle = await engine.start(request);
      expect(handle.run).toBe(absent);
      await expect(engine.start(request)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
      await handle.kill();
      await expect(engine.start(request)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
      expect(await engine.inspect(absent)).toMatchObject({ status: 'cancelled' });
    });

    it('removes a run that has ended, and no other', async () => {
      await using world = driver.world();
      await using engine = await driver.open(world);
      const handle = await engine.start(requestOf(asks));
      await reach(handle, { type: 'awaiting' });
      await expect(engine.remove(handle.run)).rejects.toMatchObject({ error: { code: 'RUN_STATE' } });
      await handle.kill();
      await engine.remove(handle.run);
      await expect(engine.info(handle.run)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
      await expect(engine.remove(handle.run)).rejects.toMatchObject({ error: { code: 'RUN_NOT_FOUND' } });
    });
  });
}
