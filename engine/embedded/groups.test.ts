import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RunId } from '../../schemas/index.ts';
import { createMemoryBell } from '../../storage/contract/memory-bell.ts';
import { exampleRecord } from '../../storage/contract/store-contract.ts';
import { createFolderStore, type RunStore, type Store } from '../../storage/index.ts';
import { ManualClock } from '../contract/manual-clock.ts';
import { overridden } from '../contract/overridden.ts';
import { World } from '../contract/world.ts';
import { GroupDesk } from './groups.ts';

const group = 'deploy';

/** The groups of a run that this test drives, with what its desk reports. */
class Member implements Disposable {
  readonly run: RunId;
  readonly told: string[] = [];
  readonly store: RunStore;
  readonly desk: GroupDesk;

  constructor(store: Store, clock: ManualClock, tenant = 'default') {
    this.store = store.create(exampleRecord());
    this.run = this.store.run;
    this.desk = this.open(store, clock, tenant);
  }

  open(store: Store, clock: ManualClock, tenant = 'default'): GroupDesk {
    return new GroupDesk({
      store,
      run: this.run,
      tenant,
      clock,
      reports: {
        acquired: ({ member }, { waited }) => this.told.push(`acquired ${member}${waited ? ' at last' : ''}`),
        superseded: ({ member }, by) => this.told.push(`superseded ${member} by ${by}`),
        waits: ({ member }) => this.told.push(`waits ${member}`),
        broken: (cause) => this.told.push(`broken: ${String(cause)}`),
      },
    });
  }

  /** Asks for the group, and lets what comes of it be told. */
  async ask(options: { readonly member?: string; readonly hurry?: true } = {}): Promise<void> {
    this.desk.acquire({ group, member: options.member ?? '@run' }, { cancel_in_progress: options.hurry === true });
    await settled();
  }

  [Symbol.dispose](): void {
    this.desk[Symbol.dispose]();
    this.store[Symbol.dispose]();
  }
}

/** Bells and microtasks have come to their end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function newStore(world: World): { readonly store: Store; readonly clock: ManualClock } {
  return { store: createFolderStore({ root: world.root, bell: createMemoryBell() }), clock: new ManualClock(0) };
}

describe('the groups of a run', () => {
  it('are reported once, as soon as it is its turn', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    using first = new Member(store, clock);
    using second = new Member(store, clock);
    await first.ask();
    await second.ask();
    await second.ask({ member: 'build' });
    expect([first.told, second.told]).toEqual([['acquired @run'], ['waits @run', 'waits build']]);
    first.desk.release({ group: 'DEPLOY', member: '@run' });
    await settled();
    expect(second.told.slice(2)).toEqual(['acquired @run at last']);
    second.desk.leave();
    await settled();
    expect(second.told).toHaveLength(3);
    expect(store.openGroups().names()).toEqual([]);
  });

  it('are left by whoever is told that somebody is in a hurry, and not before', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    using first = new Member(store, clock);
    using second = new Member(store, clock);
    await first.ask();
    await second.ask({ hurry: true });
    expect(first.told).toEqual(['acquired @run', `superseded @run by ${second.run}`]);
    expect(second.told).toEqual(['waits @run']);
    first.desk.leave();
    await settled();
    expect(second.told).toEqual(['waits @run', 'acquired @run at last']);
  });

  it('go to the next one when the process that held them is gone, and when its run is', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    for (const end of ['dead', 'removed'] as const) {
      const gone = new Member(store, clock);
      await gone.ask();
      using waiting = new Member(store, clock);
      await waiting.ask();
      clock.advanceToNext();
      await settled();
      expect(waiting.told).toEqual(['waits @run']);
      // Neither leaves the group: it had no time to.
      gone[Symbol.dispose]();
      const folder = gone.store.folder;
      if (end === 'removed') rmSync(folder, { recursive: true });
      clock.advanceToNext();
      await settled();
      expect(waiting.told).toEqual(['waits @run', 'acquired @run at last']);
      waiting.desk.leave();
    }
  });

  it('stay where they are while it can not be seen whether their holder lives', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    const blind = overridden(store, {
      isOpen: () => {
        throw new Error('too many open files');
      },
    });
    const gone = new Member(store, clock);
    await gone.ask();
    gone[Symbol.dispose]();
    using waiting = new Member(blind, clock);
    await waiting.ask();
    clock.advanceToNext();
    await settled();
    expect(waiting.told).toEqual(['waits @run']);
  });

  it('are asked for again where somebody removed all that is known of them', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    using first = new Member(store, clock);
    using second = new Member(store, clock);
    await first.ask();
    await second.ask();
    using groups = store.openGroups();
    for (const name of groups.names()) groups.change(name, () => undefined);
    await settled();
    await settled();
    const held = [first, second].map(({ told }) => told.filter((text) => text.startsWith('acquired')).length);
    expect(held).toEqual([1, 0]);
    first.desk.leave();
    await settled();
    expect(second.told.at(-1)).toBe('acquired @run at last');
  });

  it('forget what an earlier process of the run was in, and nothing else', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    using member = new Member(store, clock);
    using other = new Member(store, clock, 'other tenant');
    await member.ask({ member: 'build' });
    await member.ask({ member: 'test' });
    await other.ask();
    using later = member.open(store, clock);
    later.acquire({ group, member: 'test' }, { cancel_in_progress: false });
    later.forgetOthers();
    await settled();
    expect(member.told).toContain('acquired test at last');
    using groups = store.openGroups();
    expect(groups.names()).toHaveLength(2);
  });

  it('break the run where they can not be read', async () => {
    using world = new World();
    const { store, clock } = newStore(world);
    const failing = overridden(store, {
      openGroups: () => {
        const groups = store.openGroups();
        return overridden(groups, {
          read: () => {
            throw new Error('the disk is gone');
          },
        });
      },
    });
    using member = new Member(failing, clock);
    await member.ask();
    expect(new Set(member.told)).toEqual(new Set(['broken: Error: the disk is gone']));
  });
});
