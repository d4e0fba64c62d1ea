import { join } from 'node:path';
import type { Bench, Figure, Floor } from '../figure.ts';
import { statisticOf } from '../statistics.ts';
import { generate } from './load/generator.ts';
import type { Latencies, RequestKind } from './load/tasks.ts';
import { residentMebibytes, type Served, startBare, startServer } from './process.ts';
import { differentFile, submittedFile } from './workflows.ts';

const perSecond = 100;
/** Of files that all differ: reading one takes tens of milliseconds of a processor. */
const differentPerSecond = 20;
const seconds = 60;
const floorSeconds = 20;
/** Before anything counts: code that was never run is slow. */
const warmSeconds = 5;
const hashAndSync = join(import.meta.dirname, 'floors', 'hash-and-sync.mjs');

/** A hundred submissions a second of a file of 1,000 lines. */
export async function serverSubmit(bench: Bench): Promise<readonly Figure[]> {
  const floor = await floorOf(bench);
  const variants = [
    { what: '100 submissions a second, 1,000 lines, runs wait', file: submittedFile('waits'), rate: perSecond },
    { what: 'the same, runs are carried out', file: submittedFile('ends'), rate: perSecond },
    { what: '20 a second, each file differs, runs wait', file: differentFile('waits'), rate: differentPerSecond },
  ];
  const figures: Figure[] = [];
  for (const { what, file, rate } of variants) {
    await using server = await startServer(bench.scratch, `submit-${figures.length}`);
    const request = submission(file);
    await load(server, request, { rate, seconds: warmSeconds });
    const result = await load(server, request, { rate, seconds });
    const memory = `${residentMebibytes(server.pid).toFixed(0)} MiB resident`;
    bench.progress(`${what}: p99 ${statisticOf(result.latencies, 'p99').toFixed(0)} ms, ${memory}`);
    figures.push(figureOf(what, result, { floor, memory }));
  }
  return figures;
}

/** A POST of a workflow; `{n}` in it becomes the request's number. */
export function submission(file: string): RequestKind {
  return { method: 'POST', path: '/v1/workflows', body: file, contentType: 'application/yaml', status: 201 };
}

async function floorOf({ scratch, progress }: Bench): Promise<Floor> {
  await using bare = await startBare(hashAndSync, [join(scratch, 'bodies')]);
  const request = submission(submittedFile('waits'));
  await load(bare, request, { rate: perSecond, seconds: 1 });
  const { latencies } = await load(bare, request, { rate: perSecond, seconds: floorSeconds });
  progress(`the same bytes, hashed and synced: p99 ${statisticOf(latencies, 'p99').toFixed(1)} ms`);
  return { what: 'the same bytes to bare node:http: hash, sync', unit: 'ms', samples: latencies };
}

function load(
  { url, headers }: Served,
  request: RequestKind,
  { rate, seconds }: { readonly rate: number; readonly seconds: number },
): Promise<Latencies> {
  return generate({ kind: 'open-loop', url, headers, request, perSecond: rate, count: rate * seconds });
}

function figureOf(
  what: string,
  { latencies, unexpected, busy }: Latencies,
  { floor, memory }: { readonly floor: Floor; readonly memory: string },
): Figure {
  const refused = Object.keys(unexpected).length === 0 ? 'none refused' : `unexpected: ${JSON.stringify(unexpected)}`;
  return {
    what,
    unit: 'ms',
    samples: latencies,
    floors: [floor],
    budgets: [
      { statistic: 'p50', most: 50 },
      { statistic: 'p99', most: 200 },
    ],
    note: `${latencies.length} requests, ${refused}; the load generator took ${busy.toFixed(2)} of a processor; ${memory} at the end`,
  };
}
