import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { reach, requestOf, World } from '../contract/world.ts';
import { createEmbeddedEngine } from './engine.ts';
import { embeddedDriver, storeOf } from './testing/driver.ts';

const hourMs = 3_600_000;

it('events never go back in time, whatever the clock of the process that resumes a run says', async () => {
  using world = new World();
  const engine = embeddedDriver.open(world);
  const work = [
    { id: 'first', with: { takes_ms: 2 * hourMs } },
    { id: 'second', with: { takes_ms: 1000 }, retry: { on: ['lost'] } },
  ] as const;
  const handle = await engine.start(requestOf({ build: { steps: [...work] } }));
  await reach(handle, { type: 'step_started', step: 'second' });
  await engine[Symbol.asyncDispose]();
  await handle.finished.catch(() => {});

  await using late = createEmbeddedEngine({
    store: storeOf(world),
    randomBytes,
    openExecutor: (run) => world.openExecutor(run),
    clock: { now: () => world.clock.now() - hourMs, after: (ms, callback) => world.clock.after(ms, callback) },
  });
  const summary = await (await late.resume(handle.run, {})).finished;
  expect(summary.status).toBe('success');
  expect(summary.duration_ms).toBeGreaterThanOrEqual(2 * hourMs);
  using store = storeOf(world).open(handle.run);
  const times = [...store.entries()].map(({ event }) => Number(event['at']));
  expect(times).toEqual(times.toSorted((one, other) => one - other));
});
