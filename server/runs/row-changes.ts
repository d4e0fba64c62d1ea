import type { RunInfo } from '../../engine/port.ts';
import type { RunAwaits, RunChanges } from '../../storage/records/port.ts';

/** A run of many cells may wait for as many answers; a list of runs needs not all of them. */
const mostListed = 20;

/** What lists show of a run that goes on, as an engine tells of it: the same whichever engine it is. */
export function changesOf({ status, name, attempt, awaits }: RunInfo): RunChanges {
  return { status, name, attempt, awaits: listedAwaits(awaits) };
}

/** What a run waits for, as lists of runs show it: without schemas, which may be long. Null for nothing. */
function listedAwaits(awaits: RunInfo['awaits']): readonly RunAwaits[] | null {
  if (awaits.length === 0) return null;
  const listed = awaits.slice(0, mostListed).map((one) => {
    if (one.kind !== 'signal') return one;
    const { schema: _, ...rest } = one;
    return rest;
  });
  // What an engine tells of a run is JSON; its interfaces only lack JsonObject's index signature.
  return listed as unknown as readonly RunAwaits[];
}
