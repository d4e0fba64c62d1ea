import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RecordsPlace } from '../session-at.ts';

const script = fileURLToPath(new URL('../testing/submit-runs.ts', import.meta.url));

/** A process that submits runs. */
export interface Submitter {
  readonly child: ChildProcess;
  /** Those that were acknowledged, as they come. */
  readonly acknowledged: string[];
  /** Its exit code, after its output has been read. */
  readonly ended: Promise<number | null>;
}

/** Starts one: for so many runs, or until it is killed. */
export function startSubmitter(place: RecordsPlace, count?: number): Submitter {
  const argv = [script, JSON.stringify(place), ...(count === undefined ? [] : [String(count)])];
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => acknowledged.push(line));
  return { child, acknowledged, ended: once(child, 'close').then(([code]) => code as number | null) };
}
