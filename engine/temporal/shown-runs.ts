import type { JsonObject, RunId } from '../../schemas/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import type { RunInfo } from '../port.ts';
import { type FollowedRuns, infoOf, shownKey } from './followed-runs.ts';

/** What showing runs takes. */
export interface ShownRunsParts {
  readonly projection: Projection;
  readonly runs: FollowedRuns;
  /** Lists would show the run so from now on. */
  readonly changed: (info: RunInfo) => Promise<void>;
}

/** Gives what keeps how lists show a run, where that is new. */
export function createShownRuns({ projection, runs, changed }: ShownRunsParts): (run: RunId) => Promise<void> {
  const shown = new Map<RunId, string>();
  const show = async (run: RunId): Promise<void> => {
    const followed = await runs.upToDate(run);
    if (followed.machines.run.state === 'created') return;
    const info = infoOf(followed, await runs.killed(run));
    const text = JSON.stringify(info);
    if (shown.get(run) === text) return;
    shown.set(run, text);
    const kept = keep(info, { text, sequence: followed.sequence });
    // That a run goes on is shown again with whatever it does next, should this process be gone before: no job waits for that.
    if (info.status === 'running') kept.catch(() => {});
    else await kept;
  };
  const keep = async (
    info: RunInfo,
    { text, sequence }: { readonly text: string; readonly sequence: number },
  ): Promise<void> => {
    const { run, ended_at } = info;
    let isKept = false;
    try {
      // All of it is JSON; interfaces only lack JsonObject's index signature.
      await projection.set(run, shownKey, info as unknown as JsonObject, sequence);
      await changed(info);
      isKept = true;
    } finally {
      if ((!isKept || ended_at !== undefined) && shown.get(run) === text) shown.delete(run);
    }
  };
  return show;
}
