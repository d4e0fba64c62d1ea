import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { exampleRecord } from '../../storage/contract/store-contract.ts';
import { requestOf, World } from '../contract/world.ts';
import { notCleanedUp } from './clean-up.ts';
import { removeDeadGroups } from './group-rows.ts';
import { embeddedDriver, storeOf } from './testing/driver.ts';

const hour = { build: { steps: [{ id: 'work', with: { takes_ms: 3_600_000 } }] } };
const inGroup = { head: { concurrency: { group: 'deploy', cancelInProgress: false } } };

function groupsOf(world: World): readonly string[] {
  using groups = storeOf(world).openGroups();
  return groups.names();
}

/** A run in a group whose process dies while it holds it. */
async function holderThatDied(world: World): Promise<RunId> {
  await using doomed = embeddedDriver.openDoomed(world, 5);
  const handle = await doomed.start(requestOf(hour, inGroup));
  await handle.finished.catch(() => {});
  expect(groupsOf(world)).toHaveLength(1);
  return handle.run;
}

/** Its process died right after it had ended. */
function markLeft(world: World, run: RunId): void {
  using store = storeOf(world).open(run);
  store.append([], notCleanedUp);
}

describe('the place in a group of a run whose process died', () => {
  it('is given up when the run is terminated', async () => {
    using world = new World();
    const run = await holderThatDied(world);
    await using engine = embeddedDriver.open(world);
    await engine.operate(run, { kind: 'terminate', by: 'ada' });
    expect(groupsOf(world)).toEqual([]);
  });

  it('is given up when it is seen that the run had ended', async () => {
    using world = new World();
    await using engine = embeddedDriver.open(world);
    const handle = await engine.start(requestOf(hour, inGroup));
    await handle.finished;
    using groups = storeOf(world).openGroups();
    groups.change('["default","deploy"]', () => ({
      version: 1,
      holder: { member: `${handle.run}/@run` },
      waiting: [],
    }));
    markLeft(world, handle.run);
    await (await engine.resume(handle.run, {})).finished;
    expect(groups.names()).toEqual([]);
  });

  it('is cleared away by another run that ends, where nobody wants the group', async () => {
    using world = new World();
    await holderThatDied(world);
    await using engine = embeddedDriver.open(world);
    const other = { head: { concurrency: { group: 'other', cancelInProgress: false } } };
    await (await engine.start(requestOf(hour, other))).finished;
    expect(groupsOf(world)).toEqual([]);
  });

  it('stays where one that lives waits behind it, who takes it out by itself', () => {
    using world = new World();
    const store = storeOf(world);
    using living = store.create(exampleRecord());
    using groups = store.openGroups();
    const dead = { member: `run-${'0'.repeat(26)}/build` };
    const group = { version: 1, holder: dead, waiting: [{ member: `${living.run}/build` }] };
    groups.change('lived in', () => group);
    groups.change('dead', () => ({ ...group, waiting: [dead] }));
    removeDeadGroups(groups, store);
    expect(groups.names()).toEqual(['lived in']);
    expect(groups.read('lived in')).toEqual(group);
  });
});
