import type { Engine, RunHandle, RunInfo, RunNotice } from '../../engine/port.ts';
import type { RunRow } from '../../storage/records/port.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerClock } from '../parts.ts';

/** What a run is at is looked up at most so often, however many steps it takes. */
const lookMs = 100;

/** What following a run needs. */
export interface FollowingParts {
  readonly engine: Pick<Engine, 'info'>;
  readonly metrics: Metrics;
  readonly clock: ServerClock;
  /** Told of what the run is at whenever that may have changed. */
  readonly changed: (info: RunInfo) => void;
}

/** Follows a run until this process is done with it; counts what it does. Rejects with what broke the machinery, as `finished` does. */
export async function followRun(handle: RunHandle, row: RunRow, parts: FollowingParts): Promise<RunInfo> {
  const { engine, clock, metrics, changed } = parts;
  const counting = countSteps(metrics);
  let stopLooking: (() => void) | undefined;
  const look = async (): Promise<void> => {
    try {
      changed(await engine.info(row.run));
    } catch {
      // A store that can't be read breaks the run, too, and then `finished` says so.
    }
  };
  const lookSoon = (): void => {
    stopLooking ??= clock.after(lookMs, () => {
      stopLooking = undefined;
      void look();
    });
  };
  await look();
  for await (const notice of handle.notices) {
    counting(notice);
    if (notice.type !== 'log' && notice.type !== 'host_call') lookSoon();
  }
  stopLooking?.();
  const { status } = await handle.finished;
  const info = await engine.info(row.run);
  metrics.runEnded({ tenant: row.tenant, status, seconds: secondsOf(info) });
  return info;
}

function secondsOf({ created_at, ended_at }: RunInfo): number {
  return ended_at === undefined ? 0 : Math.max(0, Date.parse(ended_at) - Date.parse(created_at)) / 1000;
}

/** Counts steps and calls as notices tell of them. Only what a step's start says names the node that it uses. */
function countSteps(metrics: Metrics): (notice: RunNotice) => void {
  const uses = new Map<string, string>();
  return (notice) => {
    switch (notice.type) {
      case 'step_started':
        uses.set(keyOf(notice), notice.uses);
        return;
      case 'step_finished': {
        const key = keyOf(notice);
        const node = uses.get(key);
        uses.delete(key);
        if (node === undefined) return;
        metrics.stepEnded({ uses: node, conclusion: notice.conclusion, seconds: notice.duration_ms / 1000 });
        return;
      }
      case 'host_call': {
        const { capability, decision } = notice;
        metrics.hostCall({ capability, decision: decision === 'allowed' ? 'allowed' : 'denied' });
        return;
      }
      default:
    }
  };
}

function keyOf({ job, step }: { readonly job: string; readonly step: string }): string {
  return JSON.stringify([job, step]);
}
