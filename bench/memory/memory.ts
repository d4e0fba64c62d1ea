import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PluginKind } from '../agent.ts';
import type { Bench, Figure } from '../figure.ts';
import { statisticOf } from '../statistics.ts';
import type { MemoryReport } from './agent.ts';

const invocations = 10_000;
/** What a process needs at all is there by then. */
const settled = 500;
/** The collector's saw-tooth is evened out over this many invocations. */
const window = 500;

/** As the launcher starts Node 24. */
const nodeFlags: readonly string[] = ['--max-semi-space-size=4'];

/** Ten thousand invocations of one plugin: what the agent's process holds, and what its hosts hold when they are replaced. */
export async function memory(bench: Bench): Promise<readonly Figure[]> {
  return [...(await measure(bench, 'echo')), ...(await measure(bench, 'echo-wasm'))];
}

async function measure(bench: Bench, kind: PluginKind): Promise<readonly Figure[]> {
  const report = await runAgent(bench, kind);
  const residentIn = (from: number): number =>
    statisticOf(
      report.agent.filter(({ invocations: at }) => at > from && at <= from + window).map(({ resident }) => resident),
      'p50',
    );
  const start = residentIn(settled);
  const end = residentIn(invocations - window);
  const runtime = kind === 'echo' ? 'isolate' : 'WASM';
  return [
    {
      what: `agent's memory after 10,000, ${runtime}`,
      unit: 'x',
      samples: [end / start],
      floors: [],
      budgets: [{ statistic: 'max', most: 1.1 }],
      note: `${mebibytes(start)} resident after ${settled}, ${mebibytes(end)} at the end, ${mebibytes(Math.max(...report.agent.map(({ resident }) => resident)))} at most`,
    },
    {
      what: `hosts' memory, ${runtime}`,
      unit: 'x',
      samples: report.hosts.map(({ first, most }) => most / first),
      floors: [],
      budgets: [{ statistic: 'max', most: 1.5 }],
      note: `${report.hosts.length} hosts in turn, ${mebibytes(
        statisticOf(
          report.hosts.map(({ first }) => first),
          'p50',
        ),
      )} each after its first invocation`,
    },
  ];
}

async function runAgent(bench: Bench, kind: PluginKind): Promise<MemoryReport> {
  const script = join(import.meta.dirname, 'agent.ts');
  const child = spawn(process.execPath, [...nodeFlags, script, join(bench.scratch, kind), kind, String(invocations)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  if (code !== 0) throw new Error(`the agent ended with ${code}`);
  // Our own script printed it.
  return JSON.parse(output) as MemoryReport;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
