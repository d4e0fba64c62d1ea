import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Row } from '../row.ts';
import { type BenchWorld, openWorld } from '../world.ts';

const graceMs = 3000;
const mostMs = 5000;
const atOnce = 8;
const pollMs = 50;
/** The script, what it started, and what that started for itself. */
const processes = 4;

/** From the request that cancels a run to the end of the last process of its steps, where these take no notice of signals. */
export const cancel: Row = async (bench) => {
  await using world = await openWorld(bench);
  const env = { WATERFLOW_CANCEL_GRACE: `${graceMs}ms` };
  await world.startAgent({ name: 'machine', queue: 'work', jobs: atOnce, env });
  const trials = bench.short ? 8 : 100;
  const taken: number[] = [];
  let left = trials;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      taken.push(await trial(world));
      bench.progress(`${taken.length} of ${trials}: ${taken.at(-1)?.toFixed(0)} ms`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return [
    {
      what: `the last process of a step dies, grace ${graceMs / 1000} s`,
      unit: 'ms',
      waterflow: taken,
      statistic: 'max',
      budget: { text: `${mostMs} ms`, most: mostMs },
      note: `${trials} runs, ${atOnce} at a time, each with ${processes} processes that ignore signals; the slowest counts`,
    },
  ];
};

async function trial(world: BenchWorld): Promise<number> {
  const mark = randomUUID();
  const run = await world.submit(workflow, { mark });
  while (marked(mark).length < processes) await setTimeout(pollMs);
  const begin = performance.now();
  await world.ask(`/v1/workflows/${run}/cancel`, {});
  while (marked(mark).length > 0) await setTimeout(pollMs);
  const ms = performance.now() - begin;
  await world.client.workflow.getHandle(run).result();
  const { status } = (await world.ask(`/v1/workflows/${run}`)) as { readonly status: string };
  if (status !== 'cancelled') throw new Error(`${run} ended with ${status}`);
  return ms;
}

/** One child of the script, one in a session of its own, and one whose parent is gone. */
const workflow = `name: cancelled
on: { manual: { inputs: { mark: { type: string, required: true } } } }
jobs:
  work:
    runs-on: work
    steps:
      - env: { BENCH_MARK: '\${{ inputs.mark }}' }
        run: |
          trap '' HUP INT QUIT TERM USR1 USR2
          sleep 1000 &
          setsid sleep 1000 &
          (setsid sleep 1000 &)
          while true; do wait; done
`;

/** The processes whose environment holds a text. */
function marked(mark: string): readonly number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && environmentOf(pid).includes(mark));
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    // It has ended.
    return '';
  }
}
