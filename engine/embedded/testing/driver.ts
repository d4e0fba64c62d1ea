import { randomBytes } from 'node:crypto';
import { createFolderStore, type RunStore, type Store } from '../../../storage/index.ts';
import type { EngineDriver, World } from '../../contract/world.ts';
import type { Engine } from '../../port.ts';
import { createEmbeddedEngine } from '../engine.ts';

/** For tests: the embedded engine on a world. */
export const embeddedDriver: EngineDriver = {
  open: (world) => engineOn(world, createFolderStore({ root: world.root })),
  openDoomed: (world, events) => engineOn(world, mortalStore(createFolderStore({ root: world.root }), events)),
};

/** For tests: an engine on a world, over a store of its own. */
export function engineOn(world: World, store: Store): Engine {
  return createEmbeddedEngine({
    store,
    clock: world.clock,
    randomBytes,
    openExecutor: (run) => world.openExecutor(run),
  });
}

/** A store whose runs take no entry beyond the `events`-th; what fits of a transaction is kept, to be cruel. */
function mortalStore(store: Store, events: number): Store {
  return {
    create: (record) => mortal(store.create(record), events),
    open: (run) => mortal(store.open(run), events),
    list: () => store.list(),
  };
}

function mortal(run: RunStore, events: number): RunStore {
  let written = [...run.entries()].length;
  const append: RunStore['append'] = (entries) => {
    const rest = Math.max(0, events - written);
    run.append(entries.slice(0, rest));
    written += Math.min(rest, entries.length);
    if (entries.length > rest) throw new Error('the process dies here');
  };
  // Methods are bound to the run itself: it keeps private state.
  return new Proxy(run, {
    get(target, name) {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
