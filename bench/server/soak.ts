import type { Bench, Figure } from '../figure.ts';
import { statisticOf } from '../statistics.ts';
import { apiOf } from './api.ts';
import { generate } from './load/generator.ts';
import type { RequestKind } from './load/tasks.ts';
import { residentMebibytes, startServer } from './process.ts';
import { submission } from './submit.ts';
import { smallRun } from './workflows.ts';

/** What a process needs at all is there by then. */
const settledAfter = 50_000;
export const defaultRequests = 100_000;
const atOnce = 8;
/** The memory is that of so many samples, one each thousand requests. */
const window = 10;

/** Of twenty requests one begins a run; most look at the newest one, and the others at lists and logs. */
const mix: readonly RequestKind[] = Array.from({ length: 20 }, (_, index) => {
  if (index === 0) return submission(smallRun);
  const path = ['/v1/workflows/{run}', '/v1/workflows/{run}', '/v1/workflows?limit=20', '/v1/workflows/{run}/logs'][
    index % 4
  ];
  return { method: 'GET', path: path ?? '', status: 200 };
});

/** Very many requests to one server: what is left in its memory. */
export async function serverSoak(bench: Bench, requests: number = defaultRequests): Promise<readonly Figure[]> {
  await using server = await startServer(bench.scratch, 'soak');
  const { url, headers, pid } = server;
  const api = apiOf(server);
  const run = await api.submit(smallRun);
  await api.reach(run, 'success');
  const resident: number[] = [];
  const start = performance.now();
  const { latencies, unexpected } = await generate(
    { kind: 'closed-loop', url, headers, requests: mix, run, count: requests, atOnce },
    {
      done: (count) => {
        resident.push(residentMebibytes(pid));
        if (count % 10_000 === 0)
          bench.progress(`${count} of ${requests} requests, ${resident.at(-1)?.toFixed(0)} MiB`);
      },
    },
  );
  const perSecond = requests / ((performance.now() - start) / 1000);
  const settled = Math.min(settledAfter, requests / 2) / 1000;
  const before = statisticOf(resident.slice(settled - window, settled), 'p50');
  const after = statisticOf(resident.slice(-window), 'p50');
  return [
    {
      what: `server's memory after ${requests} requests`,
      unit: 'x',
      samples: [after / before],
      floors: [],
      budgets: [{ statistic: 'max', most: 1.1 }],
      note:
        `${before.toFixed(0)} MiB after ${settled * 1000}, ${after.toFixed(0)} at the end, ${Math.max(...resident).toFixed(0)} at most; ` +
        `${perSecond.toFixed(0)} requests a second, unexpected: ${JSON.stringify(unexpected)}`,
    },
    {
      what: `a request of them, ${atOnce} at a time`,
      unit: 'ms',
      samples: sampled(latencies),
      floors: [],
      budgets: [],
    },
  ];
}

/** Every so manieth, so that what is kept of a soak can be read. */
function sampled(latencies: readonly number[]): readonly number[] {
  const most = 10_000;
  const every = Math.max(1, Math.floor(latencies.length / most));
  return latencies.filter((_, index) => index % every === 0);
}
