import { randomBytes } from 'node:crypto';
import { createFolderStore, type RunStore, type Store } from '../../../storage/index.ts';
import { overridden } from '../../contract/overridden.ts';
import { type EngineDriver, World } from '../../contract/world.ts';
import type { Engine } from '../../port.ts';
import { createEmbeddedEngine } from '../engine.ts';

/** It opens engines at once. */
interface EmbeddedDriver extends EngineDriver {
  open(world: World): Engine;
  openDoomed(world: World, events: number): Engine;
}

/** For tests: the embedded engine on a world. */
export const embeddedDriver: EmbeddedDriver = {
  traits: { isDrivenByProcess: true, diesAfter: 'each event', tellsHostCalls: true },
  world: () => new World(),
  open: (world) => engineOn(world, storeOf(world)),
  openDoomed: (world, events) => engineOn(world, mortalStore(storeOf(world), events)),
};

/** For tests: the store of a world, whose bell rings within this process. */
export function storeOf(world: World): Store {
  return createFolderStore({ root: world.root, bell: world.bell });
}

/** For tests: an engine on a world, over a store of its own. */
export function engineOn(world: World, store: Store): Engine {
  return createEmbeddedEngine({
    store,
    clock: world.clock,
    randomBytes,
    openExecutor: (run) => world.openExecutor(run),
  });
}

/**
 * A store whose runs take no entry beyond the next `events`; what fits of a transaction is kept, to be cruel. From then on it is
 * dead altogether: nothing is left in groups either.
 */
function mortalStore(store: Store, events: number): Store {
  const death = { came: false };
  return overridden(store, {
    create: (record) => mortal(store.create(record), { events, death }),
    open: (run) => mortal(store.open(run), { events, death }),
    openGroups: () => {
      const groups = store.openGroups();
      return overridden(groups, {
        change: (name, change) => {
          if (death.came) throw new Error('the process is dead');
          groups.change(name, change);
        },
      });
    },
  });
}

function mortal(
  run: RunStore,
  { events, death }: { readonly events: number; readonly death: { came: boolean } },
): RunStore {
  let written = 0;
  return overridden(run, {
    append: (entries, values) => {
      const rest = Math.max(0, events - written);
      const fits = entries.length <= rest;
      run.append(entries.slice(0, rest), fits ? values : undefined);
      written += Math.min(rest, entries.length);
      if (fits) return;
      death.came = true;
      throw new Error('the process dies here');
    },
  });
}
