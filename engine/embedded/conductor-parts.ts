import type { Executor } from '../../agent/executor/api.ts';
import type { Inbox, RunStore, Store } from '../../storage/index.ts';
import type { Addressed, Machines } from '../driving/machines.ts';
import type { RunEvent } from '../machine/index.ts';
import type { Clock } from './api.ts';
import type { ReadSecrets } from './read-secrets.ts';
import type { RunSecrets } from './run-secrets.ts';
import type { WithoutTime } from './work.ts';

/** How a run that has ended runs again. */
export interface Rerunning {
  /** The events that brought it to its end, where it had been killed. */
  readonly woundDown: readonly Addressed[];
  readonly request: WithoutTime<Extract<RunEvent, { readonly type: 'rerun_requested' }>>;
}

/** What a run is conducted with. */
export interface ConductorParts {
  readonly store: RunStore;
  readonly shared: Pick<Store, 'openGroups' | 'isOpen'>;
  /** Requests of other processes. */
  readonly inbox: Inbox;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly machines: Machines;
  readonly secrets: RunSecrets;
  /** What the steps of each job have read by now. */
  readonly read: ReadSecrets;
  /** Events are never earlier than this (ms since the epoch). */
  readonly notBefore: number;
}
