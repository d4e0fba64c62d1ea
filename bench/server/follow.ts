import { join } from 'node:path';
import type { Bench, Figure } from '../figure.ts';
import { statisticOf } from '../statistics.ts';
import { apiOf } from './api.ts';
import { generate } from './load/generator.ts';
import type { Followed } from './load/tasks.ts';
import { type BenchServer, startBare, startServer } from './process.ts';
import { stampedLines } from './workflows.ts';

const followers = 500;
const fanOut = join(import.meta.dirname, 'floors', 'fan-out.mjs');

/** How often a script writes a line, and how often that is measured. */
interface Pace {
  readonly lines: number;
  readonly pauseSeconds: number;
  readonly rounds: number;
}

const slow: Pace = { lines: 20, pauseSeconds: 0.5, rounds: 4 };
const quick: Pace = { lines: 200, pauseSeconds: 0.05, rounds: 1 };

/** Five hundred followers of one run's log, from when a line was written by a script to when each of them has it. */
export async function serverFollow(bench: Bench): Promise<readonly Figure[]> {
  await using server = await startServer(bench.scratch, 'follow');
  const [calm, busy] = [await atPace(bench, server, slow), await atPace(bench, server, quick)];
  return [
    {
      what: 'first line of a log to each of 500 followers',
      unit: 'ms',
      samples: calm.first,
      floors: [{ what: 'first event of bare node:http to 500', unit: 'ms', samples: calm.bareFirst }],
      budgets: [{ statistic: 'max', most: 500 }],
      note: 'from when the script wrote it, in its sandbox',
    },
    {
      what: 'any line, two a second',
      unit: 'ms',
      samples: calm.all,
      floors: [{ what: 'any event of bare node:http to 500, two a second', unit: 'ms', samples: calm.bareAll }],
      budgets: [{ statistic: 'p99', most: 500 }],
    },
    {
      what: 'any line, twenty a second',
      unit: 'ms',
      samples: busy.all,
      floors: [{ what: 'any event of bare node:http to 500, twenty a second', unit: 'ms', samples: busy.bareAll }],
      budgets: [{ statistic: 'p99', most: 500 }],
    },
  ];
}

async function atPace({ progress }: Bench, { url, headers }: BenchServer, pace: Pace) {
  const [first, all, bareFirst, bareAll]: [number[], number[], number[], number[]] = [[], [], [], []];
  const api = apiOf({ url, headers });
  for (let round = 0; round < pace.rounds; round += 1) {
    const run = await api.submit(stampedLines(pace.lines, pace.pauseSeconds));
    await api.reach(run, 'waiting');
    const path = `/v1/workflows/${run}/logs?follow=true`;
    const connected = (): void => void api.signal(run, 'go');
    const followed = await generate({ kind: 'follow', url, headers, path, followers }, { connected });
    complete(followed, pace);
    first.push(...followed.first);
    all.push(...followed.all);
    const bare = await bareFanOut(pace);
    bareFirst.push(...bare.first);
    bareAll.push(...bare.all);
    progress(
      `round ${round + 1} of ${pace.rounds}: first line after ${statisticOf(followed.first, 'max').toFixed(0)} ms at most`,
    );
  }
  return { first, all, bareFirst, bareAll };
}

async function bareFanOut(pace: Pace): Promise<Followed> {
  const { lines, pauseSeconds } = pace;
  await using bare = await startBare(fanOut, [String(followers), String(lines), String(pauseSeconds * 1000)]);
  const followed = await generate({ kind: 'follow', url: bare.url, headers: {}, path: '/stream', followers });
  complete(followed, pace);
  return followed;
}

function complete({ first, all }: Followed, { lines }: Pace): void {
  if (first.length === followers && all.length === followers * lines) return;
  throw new Error(`${first.length} followers had ${all.length} lines`);
}
