import type { Json } from '../../schemas/index.ts';
import type { RunStore } from '../../storage/index.ts';
import type { EmbeddedEngineOptions } from './api.ts';
import { leaveGroups } from './group-rows.ts';
import { planOf, type Replayed } from './replay.ts';

const key = 'engine/cleaned-up';

/** What is set in the store once nothing is left to do for a run that is over. */
export const cleanedUp: Readonly<Record<string, Json>> = { [key]: true };

/** What is set to say that there is again: it runs again. */
export const notCleanedUp: Readonly<Record<string, Json>> = { [key]: null };

/**
 * Brings to its end what the process that brought a run to its end may not have come to, if it was killed right then: workspaces are
 * removed, unless they are to be kept, groups are left, and the agent closes the run's audit log. Done once.
 */
export async function cleanUp(store: RunStore, replayed: Replayed, options: EmbeddedEngineOptions): Promise<void> {
  if (store.get(key) === true) return;
  leaveAllGroups(store, options);
  const { tenant, settings } = store.record();
  const { run, folder } = store;
  const executor = await options.openExecutor({
    run,
    folder,
    tenant,
    plan: planOf(store),
    attempt: replayed.machines.attempt,
    secretsNow: () => ({}),
    settings,
  });
  try {
    // What can't be removed keeps nobody from the run.
    for (const claim of leftBy(replayed)) await executor.release(claim).catch(() => {});
  } finally {
    await executor[Symbol.asyncDispose]();
  }
  store.append([], cleanedUp);
}

function leaveAllGroups({ run }: RunStore, options: EmbeddedEngineOptions): void {
  using groups = options.store.openGroups();
  leaveGroups(groups, run, new Set());
}

/** Jobs of a run that was killed hold their claims to this day. */
function leftBy({ machines, held, released }: Replayed) {
  return [...released, ...[...held].filter(([job]) => !machines.keepsWorkspace(job)).map(([, { claim }]) => claim)];
}
