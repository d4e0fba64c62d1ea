// A thread that checks cases of fuzzing, one after the other; whoever started it watches over its progress.
import { parentPort, workerData } from 'node:worker_threads';
import { Checker, type Outcome } from './case.ts';
import { fuzzedCatalogue } from './catalogue.ts';
import { inputOf } from './inputs.ts';
import type { FoundCase, Tally, WorkerTask } from './messages.ts';
import { Random } from './random.ts';
import { readSeeds } from './seeds.ts';

/** Cases between two tallies. */
const batch = 100;

// Not while this module is evaluated: in a graph with an `await` at the top of a module, V8 brings the process down where its thread is ended by then.
// The data is what watched.ts gives.
setImmediate(() => work(workerData as WorkerTask));

function work({ seed, first, stride, end, progress }: WorkerTask): void {
  const at = new Int32Array(progress);
  const seeds = readSeeds();
  const checker = new Checker(seeds, fuzzedCatalogue());
  let tally = emptyTally();
  for (let number = first; number < end; number += stride) {
    Atomics.store(at, 0, number);
    Atomics.add(at, 1, 1);
    const input = inputOf(seeds, seed, number);
    const start = performance.now();
    try {
      const outcome = checker.check(input, Random.ofCase(seed + 1, number));
      tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      tally.findings.push({ number, problem: describe(error) });
    }
    const ms = performance.now() - start;
    if (ms > tally.slowest.ms) tally.slowest = { number, ms };
    if (((number - first) / stride) % batch === batch - 1) tally = send(tally);
  }
  send(tally);
}

type OpenTally = { outcomes: Partial<Record<Outcome, number>>; slowest: Tally['slowest']; findings: FoundCase[] };

function emptyTally(): OpenTally {
  return { outcomes: {}, slowest: { number: 0, ms: 0 }, findings: [] };
}

function send(tally: OpenTally): OpenTally {
  parentPort?.postMessage(tally satisfies Tally, []);
  return emptyTally();
}

/** A message, and where in the product it comes from: the same mistake is found many times. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const frames = (error.stack ?? '').split('\n').filter((line) => line.includes('    at '));
  const [place = ''] = frames;
  return `${error.name}: ${error.message}${error.name === 'Error' ? '' : ` (${place.trim()})`}`;
}
