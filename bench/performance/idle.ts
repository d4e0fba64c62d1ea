import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../figure.ts';
import { residentMebibytes, startServer } from '../server/process.ts';
import { openWorld } from '../temporal/world.ts';
import type { IdleProcess } from './record.ts';

/** How long, unless somebody says otherwise. */
export const idleMinutes = 10;
/** Samples of that time. */
const samples = 20;
/** Before the first one: a server that has just started has yet to give back what its start took, which it does when a minute was quiet. */
const settleMs = 90_000;

/** The memory of an embedded server, a server on Temporal, and a bare workflow worker, side by side, which have nothing to do. */
export async function measureIdle(
  { scratch, progress }: Bench,
  { minutes, launcher }: { readonly minutes: number; readonly launcher: string },
): Promise<readonly IdleProcess[]> {
  await using world = await openWorld({ scratch: join(scratch, 'on-temporal'), progress, launcher });
  await using server = await startServer(scratch, 'embedded', { launcher });
  const processes = [
    { name: 'embedded', pid: server.pid, samples: [] as number[] },
    { name: 'on-temporal', pid: world.server.pid, samples: [] as number[] },
    { name: 'worker', pid: world.handWorkerPid, samples: [] as number[] },
  ] as const;
  await sleep(settleMs);
  for (let taken = 0; taken < samples; taken += 1) {
    await sleep((minutes * 60_000) / samples);
    for (const process of processes) process.samples.push(Number(residentMebibytes(process.pid).toFixed(1)));
    progress(processes.map(({ name, samples: of }) => `${name} ${of.at(-1)} MiB`).join(', '));
  }
  return processes.map(({ name, samples: of }) => ({ name, samples: of }));
}
