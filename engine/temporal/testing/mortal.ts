import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Where a worker works that dies. */
export interface MortalWorker {
  readonly address: string;
  readonly namespace: string;
  readonly projectionFile: string;
  readonly workflowsFile: string;
}

/** For tests: starts one in a process of its own; resolves with the signal that it died of. */
export async function mortalWorker(place: MortalWorker): Promise<unknown> {
  const script = fileURLToPath(new URL('mortal-worker.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(place)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal;
}
