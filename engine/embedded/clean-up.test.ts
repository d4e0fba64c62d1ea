import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { requestOf, World } from '../contract/world.ts';
import { cleanedUp, notCleanedUp } from './clean-up.ts';
import { embeddedDriver, storeOf } from './testing/driver.ts';

const jobs = { build: { steps: [{ id: 'work', with: { outputs: {} } }] } };

/** A run that has ended; `died`: its process was killed right after that was durable. */
async function endedRun(world: World, { died }: { readonly died: boolean }): Promise<RunId> {
  await using engine = embeddedDriver.open(world);
  const handle = await engine.start(requestOf(jobs));
  await handle.finished;
  using store = storeOf(world).open(handle.run);
  const [mark] = Object.keys(cleanedUp);
  expect(store.get(mark ?? '')).toBe(true);
  if (died) store.append([], notCleanedUp);
  return handle.run;
}

async function resumed(world: World, run: RunId): Promise<number> {
  await using engine = embeddedDriver.open(world);
  const before = world.seen.released.length;
  expect(await (await engine.resume(run, {})).finished).toMatchObject({ status: 'success' });
  return world.seen.released.length - before;
}

describe('a run that has ended', () => {
  it('is cleaned up by whoever resumes it, where the process that ended it died before it had; once', async () => {
    using world = new World();
    const run = await endedRun(world, { died: true });
    expect(await resumed(world, run)).toBe(1);
    expect(await resumed(world, run)).toBe(0);
  });

  it('opens nothing where there is nothing to clean up', async () => {
    using world = new World();
    const run = await endedRun(world, { died: false });
    expect(await resumed(world, run)).toBe(0);
  });

  it('is to be cleaned up again when it has run again', async () => {
    using world = new World();
    const run = await endedRun(world, { died: false });
    await using engine = embeddedDriver.open(world);
    const again = await engine.rerun(run, { by: 'ada', what: { kind: 'all' }, secrets: {} });
    await again.finished;
    using store = storeOf(world).open(run);
    expect(Object.keys(cleanedUp).map((key) => store.get(key))).toEqual([true]);
  });
});
