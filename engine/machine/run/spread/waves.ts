import type { JobKey } from '../../../../schemas/index.ts';
import type { Cell, SpreadJob, Waves } from '../state.ts';

/** How many more cells of a job may start now, from its first queued one on. */
export function roomIn({ cells, fleet, max_parallel }: SpreadJob): number {
  const busy = cells.filter(isBusy).length;
  if (fleet === undefined) return max_parallel - busy;
  // A wave starts whole, when the one before has ended.
  if (busy > 0 || fleet.stopped !== undefined) return 0;
  const before = partakers(cells).filter(({ stage }) => stage.state !== 'queued').length;
  return before === 0 && fleet.canary > 0 ? fleet.canary : fleet.batch;
}

const noWaves: ReadonlyMap<JobKey, number> = new Map();

/** In which wave each host of a fleet starts, from 1: none of those that are taken over from an earlier attempt. */
export function wavesOf({ cells, fleet }: Pick<SpreadJob, 'cells' | 'fleet'>): ReadonlyMap<JobKey, number> {
  if (fleet === undefined) return noWaves;
  const { canary, batch } = fleet;
  const own = canary > 0 ? 1 : 0;
  return new Map(
    partakers(cells).map(({ key }, index) => [
      key,
      index < canary ? 1 : own + 1 + Math.floor((index - canary) / batch),
    ]),
  );
}

/** Why no further wave of a fleet starts, now that one has ended; undefined while it runs, or where one may. */
export function stopReason({ cells, fleet }: SpreadJob): string | undefined {
  if (fleet === undefined || cells.some(isBusy)) return undefined;
  const taking = partakers(cells);
  const canary = failedCanary(taking, fleet);
  if (canary !== undefined) return `${canary.key}, the canary, did not succeed`;
  const failed = taking.filter(hasFailed).length;
  if (failed <= fleet.max_failures) return undefined;
  return `${failed} ${failed === 1 ? 'host' : 'hosts'} failed, and at most ${fleet.max_failures} may`;
}

/** How a job ends whose cells have all ended. A fleet may have failed hosts within its allowance. */
export function statusOfCells({ cells, fleet }: SpreadJob): 'success' | 'failure' | 'cancelled' {
  const ends = cells.map(({ stage }) => (stage.state === 'ended' ? stage.result.status : undefined));
  const failed = ends.filter((end) => end === 'failure').length;
  const allowed = fleet === undefined || failedCanary(partakers(cells), fleet) ? 0 : fleet.max_failures;
  if (failed > allowed) return 'failure';
  return ends.includes('cancelled') ? 'cancelled' : 'success';
}

/** True for a cell that has failed. */
export function hasFailed({ stage }: Cell): boolean {
  return stage.state === 'ended' && stage.result.status === 'failure';
}

/** Those that run in this attempt of the run. */
function partakers(cells: readonly Cell[]): readonly Cell[] {
  return cells.filter(({ reused }) => reused !== true);
}

function failedCanary(taking: readonly Cell[], { canary }: Waves): Cell | undefined {
  return taking.slice(0, canary).find(({ stage }) => stage.state === 'ended' && stage.result.status !== 'success');
}

function isBusy({ stage }: Cell): boolean {
  return stage.state !== 'queued' && stage.state !== 'ended';
}
