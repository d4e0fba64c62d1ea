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

type LargeWorkflow = ReturnType<typeof largeWorkflow>;

/** What reading a file took: by the clock, and of it this thread's own. */
interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Workflow files with jobs of every sort, from their text to diagnostics and a plan: 1,000 lines, and 20 times as many. */
export async function validation(bench: Bench): Promise<readonly Figure[]> {
  const catalogue = openPlugins(benchTerminal(bench.scratch), []).nodes(undefined);
  const read = ({ source, jobs }: LargeWorkflow): Taken => {
    const [start, before] = [performance.now(), process.threadCpuUsage()];
    const { plan, diagnostics } = compile(source, { file: 'bench.yml', catalogue });
    const { user, system } = process.threadCpuUsage(before);
    const ms = performance.now() - start;
    if (plan?.jobs.length !== jobs) throw new Error(JSON.stringify(diagnostics[0]));
    return { ms, cpuMs: (user + system) / 1000 };
  };
  const parse = ({ source }: LargeWorkflow): number => {
    const start = performance.now();
    if (parseDocument(source).errors.length > 0) throw new Error('the workflow is no YAML');
    return performance.now() - start;
  };
  const [short, long] = [largeWorkflow(1_000), largeWorkflow(20_000)];
  const { ms: first } = read(short);
  for (let each = 1; each < warmUps; each += 1) read(short);
  const taken: Taken[] = [];
  const floor: number[] = [];
  while (taken.length < samples) {
    taken.push(read(short));
    floor.push(parse(short));
  }
  bench.progress(`${samples} times ${short.lines} lines`);
  const takenLong: Taken[] = [];
  const ratios: number[] = [];
  read(long);
  while (takenLong.length < pairs) {
    // Of a long file whatever else runs takes its share more often, so the fastest of three short ones stands beside it, in CPU time.
    const ofShort = Math.min(...[short, short, short].map((file) => read(file).cpuMs));
    const ofLong = read(long);
    takenLong.push(ofLong);
    ratios.push(ofLong.cpuMs / long.lines / (ofShort / short.lines));
  }
  bench.progress(`${pairs} times ${long.lines} lines`);
  return [
    {
      what: 'validate 1,000 lines',
      unit: 'ms',
      samples: taken.map(({ ms }) => ms),
      floors: [{ what: 'bare YAML parse of the same file', unit: 'ms', samples: floor }],
      budgets: [{ statistic: 'p95', most: 50 }],
      note: `${short.jobs} jobs with expressions in each; the first time in the process took ${Math.round(first)} ms`,
    },
    { what: 'the same, CPU time', unit: 'ms', samples: taken.map(({ cpuMs }) => cpuMs), floors: [], budgets: [] },
    {
      what: 'validate 20,000 lines',
      unit: 'ms',
      samples: takenLong.map(({ ms }) => ms),
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
