import type { RunStore } from '../../storage/index.ts';
import { killMark } from '../driving/kill-mark.ts';
import { type Addressed, type Machines, toEntry } from '../driving/machines.ts';
import type { SnapshotWriter } from './snapshot.ts';

/** Writes that a run ends at once, which is no event of its machines but that it was cancelled. `at` is in ms since the epoch. */
export function journalKill(
  {
    store,
    machines,
    snapshot,
  }: { readonly store: RunStore; readonly machines: Machines; readonly snapshot: SnapshotWriter },
  { reason, at }: { readonly reason: string; readonly at: number },
): void {
  const cancel: Addressed = { machine: { kind: 'run' }, event: { type: 'cancel_requested', at, reason } };
  const entries = machines.apply(cancel) === undefined ? [] : [toEntry(cancel)];
  store.append(entries, { ...killMark(at), ...snapshot.ofKilled(at, reason) });
}
