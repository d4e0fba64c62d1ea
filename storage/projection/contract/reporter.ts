import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { JobKey, RunId } from '../../../schemas/index.ts';
import type { RecordsPlace } from '../../records/session-at.ts';

const script = fileURLToPath(new URL('../testing/append-events.ts', import.meta.url));

/** A process that reports events of a job. */
export interface Reporter {
  readonly child: ChildProcess;
  /** How many of the job's events were acknowledged. */
  readonly acknowledged: () => number;
  /** Calls back after each report that was acknowledged. */
  readonly onAcknowledged: (listener: () => void) => void;
  /** Its exit code, after its output has been read. */
  readonly ended: Promise<number | null>;
}

/** Starts one: for so many events, or until it is killed. */
export function startReporter(of: {
  readonly place: RecordsPlace;
  readonly run: RunId;
  readonly job: JobKey;
  readonly count?: number;
}): Reporter {
  const argv = [script, JSON.stringify(of)];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  let acknowledged = 0;
  lines.on('line', (line) => {
    acknowledged = Number(line);
  });
  return {
    child,
    acknowledged: () => acknowledged,
    onAcknowledged: (listener) => void lines.on('line', listener),
    ended: once(child, 'close').then(([code]) => code as number | null),
  };
}
