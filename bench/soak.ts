import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BenchAgent, openBenchAgent, type PluginKind } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { statisticOf } from './statistics.ts';

/** Both runtimes, in turns. */
const kinds: readonly PluginKind[] = ['echo', 'echo-wasm'];
/** What a process needs at all is there by this share of the way. */
const settledShare = 0.1;
const memorySamples = 400;

/** What of this process and machine an agent may leave behind. */
interface Belongings {
  readonly descriptors: number;
  readonly processes: number;
  readonly files: number;
}

/** Very many invocations in one agent: its memory must not grow, and at the end nothing may be left of it. */
export async function soak(bench: Bench, invocations: number): Promise<readonly Figure[]> {
  // All that it makes outside of its state goes there.
  const temporary = join(bench.scratch, 'tmp');
  mkdirSync(temporary);
  // Sandbox hosts run as another user, and are started from there.
  chmodSync(bench.scratch, 0o711);
  chmodSync(temporary, 0o1777);
  process.env['TMPDIR'] = temporary;
  const inAgent = async (name: string, count: number, resident: number[]): Promise<void> => {
    await using agent = await openBenchAgent(join(bench.scratch, name), { approved: kinds });
    for (const kind of kinds) agent.plugin(kind, kind);
    await run(agent, count, { bench, resident });
  };
  // What this process itself keeps open from then on is there after a first agent.
  await inAgent('first', kinds.length, []);
  const before = belongings(temporary);
  const resident: number[] = [];
  await inAgent('agent', invocations, resident);
  const after = belongings(temporary);
  const settled = resident.slice(Math.floor(resident.length * settledShare));
  const tenth = Math.max(1, Math.floor(settled.length / 10));
  const start = statisticOf(settled.slice(0, tenth), 'p50');
  const end = statisticOf(settled.slice(-tenth), 'p50');
  const what = `${invocations} invocations`;
  return [
    {
      what: `agent's memory over ${what}`,
      unit: 'x',
      samples: [end / start],
      floors: [],
      budgets: [{ statistic: 'max', most: 1.1 }],
      note: `${mebibytes(start)} resident at first, ${mebibytes(end)} at the end, ${mebibytes(Math.max(...resident))} at most`,
    },
    ...(['descriptors', 'processes', 'files'] as const).map(
      (name): Figure => ({
        what: `${name} left after ${what}`,
        unit: 'x',
        samples: [Math.max(0, after[name] - before[name])],
        floors: [],
        budgets: [{ statistic: 'max', most: 0 }],
        note: `${before[name]} before, ${after[name]} after`,
      }),
    ),
  ];
}

async function run(
  agent: BenchAgent,
  invocations: number,
  given: { readonly bench: Bench; readonly resident: number[] },
): Promise<void> {
  const sampleEvery = Math.max(1, Math.floor(invocations / memorySamples));
  for (let done = 1; done <= invocations; done += 1) {
    await agent.step({ plugin: kinds[done % kinds.length] ?? 'echo', calls: 1 });
    if (done % sampleEvery === 0) given.resident.push(process.memoryUsage.rss());
    if (done % 1000 === 0) given.bench.progress(`${done} of ${invocations} invocations`);
  }
}

function belongings(temporary: string): Belongings {
  return {
    descriptors: readdirSync('/proc/self/fd').length,
    processes: descendants(process.pid),
    files: readdirSync(temporary, { recursive: true }).length,
  };
}

/** Of a process: its children, and theirs. */
function descendants(pid: number): number {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid);
  return children.reduce((sum, child) => sum + 1 + descendants(Number(child)), 0);
}

/** The fourth field of /proc/PID/stat, behind the name in parentheses. */
function parentOf(pid: string): number | undefined {
  try {
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return Number(parent);
  } catch {
    return undefined;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
