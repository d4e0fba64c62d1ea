import { parseDocument } from 'yaml';
import { openPlugins } from '../cli/composition/plugins.ts';
import { compile } from '../dsl/index.ts';
import { benchTerminal } from './agent.ts';
import type { Bench, Figure } from './figure.ts';
import { largeWorkflow } from './large-workflow.ts';

const samples = 100;
const warmUps = 20;
/** Pairs of a short and a long file. */
const pairs = 12;

/** Workflow files with jobs of every sort, from their text to diagnostics and a plan: 1,000 lines, and 20 times as many. */
export async function validation(bench: Bench): Promise<readonly Figure[]> {
  const catalogue = openPlugins(benchTerminal(bench.scratch), []).nodes(undefined);
  const read = ({ source, jobs }: ReturnType<typeof largeWorkflow>): number => {
    const start = performance.now();
    const { plan, diagnostics } = compile(source, { file: 'bench.yml', catalogue });
    const milliseconds = performance.now() - start;
    if (plan?.jobs.length !== jobs) throw new Error(JSON.stringify(diagnostics[0]));
    return milliseconds;
  };
  const parse = ({ source }: ReturnType<typeof largeWorkflow>): number => {
    const start = performance.now();
    if (parseDocument(source).errors.length > 0) throw new Error('the workflow is no YAML');
    return performance.now() - start;
  };
  const [short, long] = [largeWorkflow(1_000), largeWorkflow(20_000)];
  const cpuOf = (file: ReturnType<typeof largeWorkflow>): number => {
    const before = process.threadCpuUsage();
    read(file);
    const { user, system } = process.threadCpuUsage(before);
    return user + system;
  };
  const first = read(short);
  for (let each = 1; each < warmUps; each += 1) read(short);
  const taken: number[] = [];
  const floor: number[] = [];
  while (taken.length < samples) {
    taken.push(read(short));
    floor.push(parse(short));
  }
  bench.progress(`${samples} times ${short.lines} lines`);
  const takenLong: number[] = [];
  const ratios: number[] = [];
  read(long);
  while (takenLong.length < pairs) {
    takenLong.push(read(long));
    // By CPU time, since of a long file what else runs takes its share more often.
    const ofShort = Math.min(cpuOf(short), cpuOf(short), cpuOf(short));
    const ofLong = cpuOf(long);
    ratios.push(ofLong / long.lines / (ofShort / short.lines));
  }
  bench.progress(`${pairs} times ${long.lines} lines`);
  return [
    {
      what: 'validate 1,000 lines',
      unit: 'ms',
      samples: taken,
      floors: [{ what: 'bare YAML parse of the same file', unit: 'ms', samples: floor }],
      budgets: [{ statistic: 'p95', most: 50 }],
      note: `${short.jobs} jobs with expressions in each; the first time in the process took ${Math.round(first)} ms`,
    },
    {
      what: 'validate 20,000 lines',
      unit: 'ms',
      samples: takenLong,
      floors: [],
      budgets: [],
      note: `${long.jobs} jobs, ${Math.round(long.source.length / 1024)} KiB`,
    },
    {
      what: 'cost of a line, 20,000 to 1,000',
      unit: 'x',
      samples: ratios,
      floors: [],
      budgets: [{ statistic: 'p50', most: 1.5 }],
    },
  ];
}
