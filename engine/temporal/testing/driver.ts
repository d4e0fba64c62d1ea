import { randomBytes } from 'node:crypto';
import type { EngineDriver } from '../../contract/world.ts';
import { doomed } from './doomed.ts';
import type { Surroundings } from './surroundings.ts';
import { TemporalWorld } from './temporal-world.ts';

/** For tests: the engine on Temporal, with workers and agents of its own for each world. */
export function temporalDriver(surroundings: Surroundings | undefined): EngineDriver {
  const free = [...(surroundings?.namespaces ?? [])];
  const worldOf = (world: unknown): TemporalWorld => {
    if (!(world instanceof TemporalWorld)) throw new TypeError('a world of another engine');
    return world;
  };
  return {
    traits: { isDrivenByProcess: false, diesAfter: 'some events', tellsHostCalls: false },
    world() {
      const namespace = free.shift();
      if (surroundings === undefined || namespace === undefined) throw new Error('no namespace is left');
      const { temporal, workflows } = surroundings;
      return new TemporalWorld({ address: temporal.address, namespace, workflows });
    },
    open: (world) => worldOf(world).openEngine(randomBytes),
    openDoomed: async (world, events) => doomed(worldOf(world), await worldOf(world).openEngine(randomBytes), events),
  };
}
