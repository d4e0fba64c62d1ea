import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench, Figure, Floor } from '../figure.ts';
import { apiOf } from './api.ts';
import { generate } from './load/generator.ts';
import { type BenchServer, type Served, startBare, startServer } from './process.ts';
import { manySteps } from './workflows.ts';

const steps = 1000;
const perSecond = 50;
const seconds = 20;
const makeJson = join(import.meta.dirname, 'floors', 'make-json.mjs');

/** A run of 1,000 steps, shown as its steps are carried out, as it waits at the last of them, and when it has ended. */
export async function serverShow(bench: Bench): Promise<readonly Figure[]> {
  await using server = await startServer(bench.scratch, 'show');
  const api = apiOf(server);
  const going = await api.submit(manySteps(steps, 'waits'));
  await api.reach(going, 'running');
  const asGoing = await gets(server, going, seconds);
  const at = JSON.stringify(await api.show(going));
  bench.progress(`as it goes on: shown, ${Math.round(at.length / 1024)} KiB`);
  await api.reach(going, 'waiting');
  const asWaiting = await gets(server, going, seconds);
  await api.signal(going, 'go');
  await api.reach(going, 'success');
  const asEnded = await gets(server, going, seconds);
  const floor = await floorOf(bench, { server, run: going });
  return [
    figureOf('GET of a run of 1,000 steps, ended', asEnded, floor),
    figureOf('the same, at its last step', asWaiting, floor),
    figureOf('the same, as its steps are carried out', asGoing, floor),
  ];
}

async function gets({ url, headers }: Served, run: string, forSeconds: number): Promise<readonly number[]> {
  const request = { method: 'GET', path: `/v1/workflows/${run}`, status: 200 } as const;
  const count = perSecond * forSeconds;
  const { latencies, unexpected } = await generate({ kind: 'open-loop', url, headers, request, perSecond, count });
  if (Object.keys(unexpected).length > 0) throw new Error(`GET ${request.path}: ${JSON.stringify(unexpected)}`);
  return latencies;
}

async function floorOf(
  { scratch }: Bench,
  { server, run }: { readonly server: BenchServer; readonly run: string },
): Promise<Floor> {
  const file = join(scratch, 'shown.json');
  writeFileSync(file, JSON.stringify(await apiOf(server).show(run)));
  await using bare = await startBare(makeJson, [file]);
  return { what: 'the same JSON made by bare node:http', unit: 'ms', samples: await gets(bare, run, seconds) };
}

function figureOf(what: string, samples: readonly number[], floor: Floor): Figure {
  return { what, unit: 'ms', samples, floors: [floor], budgets: [{ statistic: 'p99', most: 50 }] };
}
