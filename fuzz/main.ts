// `npm run fuzz [-- --files N --seed S --time T --workers W]`: reads mutated workflow files and evaluates made-up expressions, and
// ends with 1 where one of them has an answer that must not be. `-- --differential [--runs N]` compares engines instead.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processTerminal } from '../cli/terminal.ts';
import { parseDuration } from '../schemas/index.ts';
import { Checker } from './case.ts';
import { fuzzedCatalogue } from './catalogue.ts';
import { compareRuns } from './differential/run.ts';
import { inputOf } from './inputs.ts';
import type { FoundCase } from './messages.ts';
import { minimise } from './minimise.ts';
import { Random } from './random.ts';
import { readSeeds, type Seeds } from './seeds.ts';
import { type FuzzResult, fuzz } from './watched.ts';

/** Of one problem, so many are minimised and written down. */
const mostOfAProblem = 3;

process.exitCode = await main(process.argv.slice(2));

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      files: { type: 'string', default: '100000' },
      seed: { type: 'string', default: '1' },
      time: { type: 'string' },
      workers: { type: 'string', default: '1' },
      differential: { type: 'boolean', default: false },
      runs: { type: 'string', default: '200' },
      out: { type: 'string', default: join(import.meta.dirname, 'findings') },
    },
  });
  const [seed, cases, workers] = [Number(values.seed), Number(values.files), Number(values.workers)];
  const mostMs = values.time === undefined ? undefined : parseDuration(values.time);
  if (
    ![seed, cases, workers, Number(values.runs)].every((number) => Number.isSafeInteger(number) && number >= 0) ||
    workers === 0
  ) {
    process.stderr.write('--seed, --files, --workers and --runs are whole numbers\n');
    return 2;
  }
  if (values.time !== undefined && mostMs === undefined) {
    process.stderr.write('--time is a duration, as `10m`\n');
    return 2;
  }
  if (values.differential) return differ(seed, Number(values.runs));
  const result = await fuzz({
    seed,
    cases,
    workers,
    ...(mostMs === undefined ? {} : { mostMs }),
    onProgress: (done) => void (done % 5_000 < 100 && process.stderr.write(`${done} of ${cases}\n`)),
  });
  process.stdout.write(renderResult(result));
  if (result.findings.length === 0) return 0;
  process.stdout.write(writeFindings(result.findings, { seed, folder: values.out }));
  return 1;
}

/** Compares what the embedded engine makes of workflows with what the machines alone make of them. */
async function differ(seed: number, runs: number): Promise<number> {
  const differences = await compareRuns({ seed, first: 0, end: runs }, processTerminal(process));
  for (const { number, report } of differences) process.stdout.write(`number ${number} differs:\n${report}\n`);
  process.stdout.write(`${runs} runs, ${differences.length} that differ\n`);
  return differences.length === 0 ? 0 : 1;
}

function renderResult({ outcomes, findings, slowest, done, seconds }: FuzzResult): string {
  const lines = [
    `${done} cases in ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)} a second`,
    ...Object.entries(outcomes).map(([outcome, count]) => `${String(count).padStart(8)}  ${outcome}`),
    `${String(findings.length).padStart(8)}  findings`,
    `the slowest took ${slowest.ms.toFixed(0)} ms, with all that is checked: number ${slowest.number}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Writes inputs with something wrong, as they are and as short as they can be; gives what to print. */
function writeFindings(
  findings: readonly FoundCase[],
  { seed, folder }: { readonly seed: number; readonly folder: string },
): string {
  mkdirSync(folder, { recursive: true });
  const seeds = readSeeds();
  const checker = new Checker(seeds, fuzzedCatalogue());
  const byProblem = Map.groupBy(findings, ({ problem }) => kindOf(problem));
  return Array.from(byProblem, ([problem, cases]) => {
    const files = cases
      .slice(0, mostOfAProblem)
      .map(({ number, problem }) => writeFinding({ seeds, checker, seed, number, problem, folder }));
    return `${cases.length} times: ${problem}\n${files.map((file) => `    ${file}\n`).join('')}`;
  }).join('');
}

interface FindingAt {
  readonly seeds: Seeds;
  readonly checker: Checker;
  readonly seed: number;
  readonly number: number;
  readonly problem: string;
  readonly folder: string;
}

function writeFinding({ seeds, checker, seed, number, problem, folder }: FindingAt): string {
  const input = inputOf(seeds, seed, number);
  const file = join(folder, `seed-${seed}-${number}.yml`);
  writeFileSync(file, input.source);
  // What hangs or takes a thread along would do so again.
  if (typeof input.source !== 'string' || /hangs|thread is lost|ms to read/.test(problem)) return file;
  const hasProblem = (source: string): boolean => {
    try {
      checker.check({ ...input, source }, Random.ofCase(seed + 1, number));
      return false;
    } catch (error) {
      return kindOf(String(error)) === kindOf(problem.replace(/ \(at .*\)$/, ''));
    }
  };
  writeFileSync(`${file}.short`, minimise(input.source, hasProblem, { mostTrials: 2000 }));
  return `${file}.short`;
}

/** What the same mistake has in common elsewhere. */
function kindOf(problem: string): string {
  return problem.replaceAll(/\d+/g, 'N');
}
