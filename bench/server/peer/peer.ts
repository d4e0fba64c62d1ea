import { setTimeout } from 'node:timers/promises';
import type { Bench, Figure, Floor } from '../../figure.ts';
import { type Statistic, statisticOf } from '../../statistics.ts';
import { apiOf } from '../api.ts';
import { generate } from '../load/generator.ts';
import type { Latencies, RequestKind } from '../load/tasks.ts';
import { residentMebibytes, type Served, startServer } from '../process.ts';
import { submission } from '../submit.ts';
import { threeSteps } from '../workflows.ts';
import { installPrefect, type Prefect, startPrefect } from './prefect.ts';

/** A rate that both keep up with. */
const perSecond = 5;
const seconds = 30;
const runs = 12;
const idleMs = 10_000;
const pollMs = 50;

/** What one server takes, in milliseconds, and its memory in MiB. */
interface Taken {
  readonly idle: number;
  /** Of runs that aren't carried out. */
  readonly submissions: Latencies;
  readonly toEnd: readonly number[];
}

/** The same submissions and the same run of three scripts, by Waterflow and by Prefect, one after the other on this machine. */
export async function serverPeer(bench: Bench): Promise<readonly Figure[]> {
  const binaries = await installPrefect().catch((cause: unknown) => {
    bench.progress(`Prefect can't be installed, so there is nothing to compare with: ${String(cause)}`);
    return undefined;
  });
  if (binaries === undefined) return [];
  const ours = await waterflow(bench);
  bench.progress(`Waterflow: ${textOf(ours)}`);
  const { direct, ...theirs } = await prefect(bench, binaries);
  bench.progress(`Prefect: ${textOf(theirs)}`);
  const peer = (what: string, unit: Floor['unit'], samples: readonly number[]): Floor => ({
    what: `Prefect: ${what}`,
    unit,
    samples,
  });
  const submit = peer(`${perSecond} new runs a second`, 'ms', theirs.submissions.latencies);
  const end = peer('new run to its end, by a runner', 'ms', theirs.toEnd);
  return [
    {
      what: `${perSecond} submissions a second, not carried out`,
      unit: 'ms',
      samples: ours.submissions.latencies,
      floors: [submit],
      budgets: [],
      note: `${ratios(ours.submissions.latencies, submit)}; refused: ${refusals(ours)} of Waterflow's, ${refusals(theirs)} of Prefect's`,
    },
    {
      what: 'the same while their three scripts are carried out',
      unit: 'ms',
      samples: ours.carriedOut.latencies,
      floors: [],
      budgets: [],
      note: 'without a counterpart: one such run takes Prefect about a second',
    },
    {
      what: 'submission to the end of three scripts',
      unit: 'ms',
      samples: ours.toEnd,
      floors: [end, peer('the same run in one process, no runner', 'ms', direct)],
      budgets: [],
      note: `${ratios(ours.toEnd, end)}; Prefect's runner looks for runs every second here, every ten by default`,
    },
    {
      what: 'memory of the server with nothing to do',
      unit: 'MiB',
      samples: [ours.idle],
      floors: [peer('memory with nothing to do', 'MiB', [theirs.idle])],
      budgets: [],
      note: `Prefect's is ${(theirs.idle / ours.idle).toFixed(1)} times as much, without its runner`,
    },
  ];
}

async function waterflow({ scratch }: Bench): Promise<Taken & { readonly carriedOut: Latencies }> {
  await using server = await startServer(scratch, 'peer');
  await setTimeout(idleMs);
  const idle = residentMebibytes(server.pid);
  const api = apiOf(server);
  const submissions = await submissionsTo(server, submission(threeSteps('never')));
  const carriedOut = await submissionsTo(server, submission(threeSteps('at once')));
  await setTimeout(idleMs);
  const toEnd = await eachToEnd(
    () => api.submit(threeSteps('at once')),
    async (run) => {
      const { ended_at } = await api.show(run);
      return ended_at === undefined ? undefined : Date.parse(ended_at);
    },
  );
  return { idle, submissions, carriedOut, toEnd };
}

async function prefect({ scratch }: Bench, binaries: string): Promise<Taken & { readonly direct: readonly number[] }> {
  await using server = await startPrefect(binaries, scratch);
  await setTimeout(idleMs);
  const idle = residentMebibytes(server.pid);
  const request: RequestKind = {
    method: 'POST',
    path: await server.register(),
    body: '{}',
    contentType: 'application/json',
    status: 201,
  };
  const submissions = await submissionsTo(server, request);
  const direct = await server.direct(runs);
  const path = await server.serve();
  const toEnd = await eachToEnd(
    () => newRun(server, path),
    (run) => server.endOf(run),
  );
  return { idle, submissions, toEnd, direct };
}

async function submissionsTo({ url, headers }: Served, request: RequestKind): Promise<Latencies> {
  const load = (count: number): Promise<Latencies> =>
    generate({ kind: 'open-loop', url, headers, request, perSecond, count });
  await load(perSecond * 2);
  return load(perSecond * seconds);
}

/** Runs one after the other, each from its submission to the end that its server says; the first is left out. */
async function eachToEnd(
  submit: () => Promise<string>,
  endOf: (run: string) => Promise<number | undefined>,
): Promise<readonly number[]> {
  const taken: number[] = [];
  for (let each = 0; each <= runs; each += 1) {
    const start = Date.now();
    const run = await submit();
    let end = await endOf(run);
    while (end === undefined) {
      await setTimeout(pollMs);
      end = await endOf(run);
    }
    taken.push(end - start);
  }
  return taken.slice(1);
}

async function newRun({ url }: Prefect, path: string): Promise<string> {
  const answer = await fetch(new URL(path, url), {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  const { id } = (await answer.json()) as { id?: string }; // As its API says; without one where its database is locked.
  return id ?? newRun({ url } as Prefect, path);
}

function ratios(samples: readonly number[], { samples: theirs }: Floor): string {
  const ratio = (statistic: Statistic): string =>
    (statisticOf(theirs, statistic) / statisticOf(samples, statistic)).toFixed(1);
  return `Prefect takes ${ratio('p50')} times as long (p50), ${ratio('p99')} times (p99)`;
}

function refusals({ submissions }: Taken): number {
  return Object.values(submissions.unexpected).reduce((sum, count) => sum + count, 0);
}

function textOf({ idle, submissions, toEnd }: Taken): string {
  const middle = (samples: readonly number[]): string => `${statisticOf(samples, 'p50').toFixed(0)} ms`;
  return `${idle.toFixed(0)} MiB, submission ${middle(submissions.latencies)}, to the end ${middle(toEnd)}`;
}
