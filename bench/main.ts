// `npm run bench [-- NAME...] [-- --soak [N]] [-- server [--soak N]]`: measures the product against its budgets. Prints a table on stdout and
// progress on stderr, writes bench/results/NAME.json, and ends with 1 where a budget is missed. `server` stands for all of `server-…`, which
// take a quarter of an hour and are measured only where they are asked for; and `node` for all of `node-…`, on files of `--mib N` MiB (1024). `temporal [--row NAME]... [--short] [--json]`: the engine on
// Temporal beside a workflow that is written by hand.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coldStep } from './cold-step.ts';
import { commandLine } from './command-line.ts';
import { type MeasuredFigure, type Measurement, verdictsOf } from './figure.ts';
import { heavyFiles } from './heavy-files.ts';
import { hostCall } from './host-call.ts';
import { describeMachine, loadText } from './machine.ts';
import { memory } from './memory/memory.ts';
import { nodeCache } from './nodes/cache.ts';
import { nodeCheckout } from './nodes/checkout.ts';
import { nodeHttp } from './nodes/http.ts';
import { nodeRun } from './nodes/run.ts';
import { nodeSftp } from './nodes/sftp.ts';
import { noisyNeighbour } from './noisy-neighbour.ts';
import { pluginInstall } from './plugin-install.ts';
import { pluginStart } from './plugin-start.ts';
import { policy } from './policy.ts';
import { serverMeasurements } from './server/measurements.ts';
import { soak } from './soak.ts';
import { type Statistic, statisticOf } from './statistics.ts';
import { renderReport } from './table.ts';
import { temporal } from './temporal/main.ts';
import { thousandSteps } from './thousand-steps.ts';
import { throughput } from './throughput.ts';
import { typescriptModule } from './typescript-module.ts';
import { validation } from './validation.ts';
import { warmStep } from './warm-step.ts';

const measurements: Readonly<Record<string, Measurement>> = {
  'warm-step': warmStep,
  'cold-step': coldStep,
  'host-call': hostCall,
  'command-line': commandLine,
  'thousand-steps': thousandSteps,
  validation,
  'heavy-files': heavyFiles,
  memory,
  policy,
  'plugin-install': pluginInstall,
  'plugin-start': pluginStart,
  'noisy-neighbour': noisyNeighbour,
  throughput,
  'typescript-module': typescriptModule,
};

const resultsFolder = join(import.meta.dirname, 'results');

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  if (argv[0] === '--soak') return await soakOnly(argv[1]);
  if (argv[0] === 'temporal') return await temporal(argv.slice(1));
  const { names: asked, soakRequests, mebibytes } = readArguments(argv);
  const known: Readonly<Record<string, Measurement>> = {
    ...measurements,
    ...serverMeasurements(soakRequests === undefined ? {} : { soakRequests }),
    'node-cache': nodeCache(mebibytes),
    'node-http': nodeHttp(mebibytes),
    'node-sftp': nodeSftp(mebibytes),
    'node-checkout': nodeCheckout(mebibytes),
    'node-run': nodeRun,
  };
  const isAsked = (name: string): boolean =>
    asked.length === 0 ? Object.hasOwn(measurements, name) : asked.some((each) => each === name || isGroup(each, name));
  const unknown = asked.filter((each) => !Object.keys(known).some((name) => each === name || isGroup(each, name)));
  if (unknown.length > 0 || Number.isNaN(soakRequests) || !(mebibytes > 0)) {
    process.stderr.write(`no measurement ${unknown.join(', ')}; there are ${Object.keys(known).join(', ')}\n`);
    return 2;
  }
  const figures: MeasuredFigure[] = [];
  for (const [name, measure] of Object.entries(known)) {
    if (!isAsked(name)) continue;
    const found = await run(name, measure);
    process.stderr.write(`${name}: written to ${writeResults(name, found)}\n`);
    figures.push(...found);
  }
  process.stdout.write(`${describeMachine()}\n\n${renderReport(figures)}`);
  return figures.every((figure) => verdictsOf(figure).every(({ kept }) => kept)) ? 0 : 1;
}

interface Arguments {
  readonly names: readonly string[];
  readonly soakRequests?: number;
  readonly mebibytes: number;
}

/** The names, and what stands behind `--soak` and `--mib` among them. */
function readArguments(argv: readonly string[]): Arguments {
  const size = optionOf(argv, '--mib');
  const soak = optionOf(size.rest, '--soak');
  const mebibytes = size.value ?? 1024;
  return { names: soak.rest, mebibytes, ...(soak.value === undefined ? {} : { soakRequests: soak.value }) };
}

function optionOf(
  argv: readonly string[],
  name: string,
): { readonly rest: readonly string[]; readonly value: number | undefined } {
  const at = argv.indexOf(name);
  return at === -1 ? { rest: argv, value: undefined } : { rest: argv.toSpliced(at, 2), value: Number(argv[at + 1]) };
}

/** `server` stands for all that `server-` stands before, and `node` likewise. */
function isGroup(asked: string, name: string): boolean {
  return (asked === 'server' || asked === 'node') && name.startsWith(`${asked}-`);
}

/** `--soak N`: N invocations in one agent; it takes minutes for each ten thousand. */
async function soakOnly(count = '100000'): Promise<number> {
  const invocations = Number(count);
  if (!Number.isInteger(invocations) || invocations < 1) {
    process.stderr.write(`--soak takes a number of invocations, not ${count}\n`);
    return 2;
  }
  const figures = await run('soak', (bench) => soak(bench, invocations));
  process.stderr.write(`soak: written to ${writeResults('soak', figures)}\n`);
  process.stdout.write(`${describeMachine()}\n\n${renderReport(figures)}`);
  return figures.every((figure) => verdictsOf(figure).every(({ kept }) => kept)) ? 0 : 1;
}

async function run(name: string, measure: Measurement): Promise<readonly MeasuredFigure[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'waterflow-bench-'));
  const progress = (text: string): void => void process.stderr.write(`${name}: ${text}\n`);
  progress(loadText());
  try {
    const figures = await measure({ scratch, progress });
    return figures.map((figure) => ({ ...figure, load: loadText() }));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The figures with every sample; the path of the file. */
function writeResults(name: string, figures: readonly MeasuredFigure[]): string {
  mkdirSync(resultsFolder, { recursive: true });
  const file = join(resultsFolder, `${name}.json`);
  const results = figures.map((figure) => ({
    ...figure,
    statistics: statisticsOf(figure.samples),
    floors: figure.floors.map((floor) => ({ ...floor, statistics: statisticsOf(floor.samples) })),
    verdicts: verdictsOf(figure),
  }));
  const content = { at: new Date().toISOString(), machine: describeMachine(), figures: results };
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}

function statisticsOf(samples: readonly number[]): Readonly<Record<Statistic, number>> {
  const of = (statistic: Statistic): number => statisticOf(samples, statistic);
  return { min: of('min'), p50: of('p50'), p95: of('p95'), p99: of('p99'), max: of('max') };
}
