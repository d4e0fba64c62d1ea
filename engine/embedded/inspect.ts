import type { RunReading } from '../../storage/index.ts';
import { detailsOfRun } from '../driving/inspect.ts';
import { killedAt } from '../driving/kill-mark.ts';
import { windDown } from '../driving/wind-down.ts';
import type { RunDetails, RunInfo } from '../port.ts';
import { replay } from './replay.ts';

/** A run with its jobs and steps as its journal has them by now; `info` is what lists show of it. Nothing is locked or written. */
export function inspectRun(reading: RunReading, info: RunInfo): RunDetails {
  const { machines, at } = replay(reading);
  const killed = killedAt(reading);
  if (killed !== undefined) windDown(machines, Math.max(at, killed));
  return detailsOfRun(machines, { info, logs: reading });
}
