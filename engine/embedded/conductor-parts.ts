import type { Executor } from '../../agent/executor/api.ts';
import type { Inbox, RunStore, Store } from '../../storage/index.ts';
import type { Clock } from './api.ts';
import type { Machines } from './machines.ts';

/** What a run is conducted with. */
export interface ConductorParts {
  readonly store: RunStore;
  readonly shared: Pick<Store, 'openGroups' | 'isOpen'>;
  /** Requests of other processes. */
  readonly inbox: Inbox;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly machines: Machines;
  /** Events are never earlier than this (ms since the epoch). */
  readonly notBefore: number;
}
