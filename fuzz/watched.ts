import { Worker } from 'node:worker_threads';
import type { Outcome } from './case.ts';
import type { FoundCase, Tally, WorkerTask } from './messages.ts';

/** What to fuzz. */
export interface FuzzRequest {
  readonly seed: number;
  readonly cases: number;
  readonly workers: number;
  /** The most that all of it may take, in ms; undefined: as long as it takes. */
  readonly mostMs?: number;
  /** Told now and then how many cases are done. */
  readonly onProgress?: (done: number) => void;
}

/** What came of it. */
export interface FuzzResult {
  readonly outcomes: Readonly<Partial<Record<Outcome, number>>>;
  readonly findings: readonly FoundCase[];
  readonly slowest: Tally['slowest'];
  readonly done: number;
  readonly seconds: number;
}

/** A case that takes longer hangs. Generous: reading has its own limit, in CPU time, and this one counts what others do, too. */
const hangMs = 30_000;
/** Before its first case a thread reads the product's own source. */
const startMs = 300_000;

/** A thread with more memory than this is taken to have lost it. */
const mostMegabytes = 2048;

/** Checks all cases in threads of their own; one that hangs, or that takes its thread along, is a finding, and the others go on. */
export async function fuzz(request: FuzzRequest): Promise<FuzzResult> {
  const start = performance.now();
  const result = {
    outcomes: {} as Partial<Record<Outcome, number>>,
    findings: [] as FoundCase[],
    slowest: { number: 0, ms: 0 },
    done: 0,
  };
  const add = (tally: Tally): void => {
    for (const [outcome, count] of Object.entries(tally.outcomes)) {
      // The keys of a tally are outcomes.
      result.outcomes[outcome as Outcome] = (result.outcomes[outcome as Outcome] ?? 0) + count;
      result.done += count;
    }
    result.done += tally.findings.length;
    result.findings.push(...tally.findings);
    if (tally.slowest.ms > result.slowest.ms) result.slowest = tally.slowest;
    request.onProgress?.(result.done);
  };
  const until = request.mostMs === undefined ? Number.POSITIVE_INFINITY : start + request.mostMs;
  await Promise.all(Array.from({ length: request.workers }, (_, first) => workThrough({ request, first, until, add })));
  return { ...result, seconds: (performance.now() - start) / 1000 };
}

interface Share {
  readonly request: FuzzRequest;
  readonly first: number;
  /** By performance.now(). */
  readonly until: number;
  readonly add: (tally: Tally) => void;
}

/** One thread after the other, until the share is done: each goes on behind the case that ended the one before. */
async function workThrough({ request, first, until, add }: Share): Promise<void> {
  const { seed, cases: end, workers: stride } = request;
  let next = first;
  while (next < end && performance.now() < until) {
    const task: WorkerTask = { seed, first: next, stride, end, progress: new SharedArrayBuffer(8) };
    const lost = await run(task, { until, add });
    if (lost === undefined) return;
    add({ outcomes: {}, slowest: { number: lost.number, ms: 0 }, findings: [lost] });
    next = lost.number + stride;
  }
}

/** A thread from its start to its end; the case at which it was lost, or undefined. */
async function run(task: WorkerTask, { until, add }: Pick<Share, 'until' | 'add'>): Promise<FoundCase | undefined> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: mostMegabytes },
  });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const progress = new Int32Array(task.progress);
  let [count, since] = [0, performance.now()];
  const watchdog = setInterval(() => {
    const now = performance.now();
    if (now > until) return resolve(undefined);
    const seen = Atomics.load(progress, 1);
    if (seen !== count) [count, since] = [seen, now];
    else if (now - since > (seen === 0 ? startMs : hangMs)) resolve(`it hangs for more than ${hangMs / 1000} s`);
  }, 250);
  worker.on('message', add);
  worker.on('error', (error) =>
    resolve(`the thread is lost: ${error instanceof Error ? error.message : String(error)}`),
  );
  worker.on('exit', () => resolve(undefined));
  const problem = await promise;
  clearInterval(watchdog);
  await worker.terminate();
  return problem === undefined ? undefined : { number: Atomics.load(progress, 0), problem };
}
