import type { KeyValueStore } from '../capability.ts';
import type { StoreFile } from './file.ts';
import type { StoreScope } from './protocol.ts';

/** The store of one plugin in one tenant. `clock` is the agent's own, by which values expire. */
export function openKeyValueStore(
  file: StoreFile,
  scope: StoreScope,
  powers: { readonly clock: { now(): number } },
): KeyValueStore {
  const now = (): number => Math.floor(powers.clock.now());
  return {
    get: (key) => file.ask({ do: 'get', scope, now: now(), key }),
    set: (change, bounds) => file.ask({ do: 'set', scope, now: now(), change, bounds }),
    delete: (key, expected) => file.ask({ do: 'delete', scope, now: now(), key, expected }),
    list: (prefix, page) => file.ask({ do: 'list', scope, now: now(), prefix, page }),
  };
}
