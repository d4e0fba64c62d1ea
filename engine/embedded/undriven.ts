import type { RunId } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import { Awaiting } from '../driving/awaiting.ts';
import { isLocked, runIsOver } from '../driving/failures.ts';
import { killedAt } from '../driving/kill-mark.ts';
import { toEntry } from '../driving/machines.ts';
import { askerOf, eventsOf } from '../driving/operations.ts';
import type { Operation } from '../port.ts';
import type { EmbeddedEngineOptions } from './api.ts';
import { cleanUp } from './clean-up.ts';
import { journalKill } from './kill.ts';
import { type Replayed, replay } from './replay.ts';
import { SnapshotWriter } from './snapshot.ts';

/**
 * Carries out an operation on a run that no process drives: what follows from it is left to whoever resumes the run, but for
 * `terminate`, after which there is nothing to resume. False where another process has just taken the run.
 */
export async function operateUndriven(
  run: RunId,
  operation: Operation,
  options: EmbeddedEngineOptions,
): Promise<boolean> {
  const store = openUnlessLocked(run, options);
  if (store === undefined) return false;
  using _closed = store;
  const replayed = replay(store);
  if (replayed.machines.run.state === 'ended' || killedAt(store) !== undefined) throw runIsOver(run);
  const at = Math.max(replayed.at, Math.floor(options.clock.now()));
  if (operation.kind === 'terminate') await terminate(store, { operation, replayed, at, options });
  else journal(store, { operation, replayed, at });
  return true;
}

function openUnlessLocked(run: RunId, { store }: EmbeddedEngineOptions): RunStore | undefined {
  try {
    return store.open(run);
  } catch (cause) {
    if (isLocked(cause)) return undefined;
    throw cause;
  }
}

/** Only what was asked for is written. What it comes to in other machines is outstanding then, which a resume makes up for. */
function journal(
  store: RunStore,
  parts: {
    readonly operation: Exclude<Operation, { readonly kind: 'terminate' }>;
    readonly replayed: Replayed;
    readonly at: number;
  },
): void {
  const { operation, at } = parts;
  const { machines } = parts.replayed;
  const before = new Awaiting();
  before.followAll(machines.outstanding(at).effects);
  const events = eventsOf(operation, { run: store.run, machines, awaiting: before, groupLostBy: () => undefined }, at);
  const changing = events.filter((event) => machines.apply(event) !== undefined);
  const after = new Awaiting();
  after.followAll(machines.outstanding(at).effects);
  store.append(changing.map(toEntry), new SnapshotWriter({ store, machines }).changes(after.all(machines)));
}

async function terminate(
  store: RunStore,
  parts: {
    readonly operation: Extract<Operation, { readonly kind: 'cancel' | 'terminate' | 'pause' | 'resume' }>;
    readonly replayed: Replayed;
    readonly at: number;
    readonly options: EmbeddedEngineOptions;
  },
): Promise<void> {
  const { operation, replayed, at, options } = parts;
  const { machines } = replayed;
  const reason = `terminated by ${askerOf(operation)}`;
  journalKill({ store, machines, snapshot: new SnapshotWriter({ store, machines }) }, { reason, at });
  await cleanUp(store, replayed, options);
}
