import type { RunEvent } from './follow.ts';
import type { ChaosOptions } from './options.ts';
import type { ChaosResult } from './rounds.ts';
import type { RunResult } from './run.ts';
import type { VictimKind } from './world.ts';

type EngineOptions = Extract<ChaosOptions, { readonly kind: 'engine' }>;

/** The figures of all runs, as `--json` prints them. */
export interface ChaosReport {
  readonly engine: string;
  readonly seed: number;
  /** What was killed. */
  readonly points: number;
  /** With those that were left alone. */
  readonly runs: number;
  readonly undisturbed_ms: number;
  readonly median_run_ms: number;
  readonly jobs_started_again: number;
  readonly steps_done_again: number;
  readonly victims: readonly VictimFigures[];
  readonly violations: readonly { readonly run: string; readonly problem: string }[];
  readonly evidence?: string;
}

/** Of one kind. `wait`: how long after a kill the job that had to wait longest went on, of those that were under way. */
export interface VictimFigures {
  readonly kind: VictimKind;
  readonly points: number;
  readonly median_wait_ms: number;
  readonly longest_wait_ms: number;
}

/** Adds it up. */
export function reportOf({ engine, seed }: EngineOptions, { results, problems, folder }: ChaosResult): ChaosReport {
  const kills = results.flatMap(({ evidence }) => evidence.kills);
  const [alone, ...disturbed] = results;
  return {
    engine,
    seed,
    points: kills.length,
    runs: results.length,
    undisturbed_ms: Math.round(alone?.tookMs ?? 0),
    median_run_ms: median(disturbed.map(({ tookMs }) => tookMs)),
    jobs_started_again: sum(results.map(({ jobsAgain }) => jobsAgain)),
    steps_done_again: sum(results.map(({ stepsAgain }) => stepsAgain)),
    victims: [...new Set(kills.map(({ kind }) => kind))].toSorted().map((kind) => figuresOf(kind, results)),
    violations: [
      ...results.flatMap((result) => result.problems.map((problem) => ({ run: result.evidence.run, problem }))),
      ...problems.map((problem) => ({ run: 'none', problem })),
    ],
    ...(folder === undefined ? {} : { evidence: folder }),
  };
}

function figuresOf(kind: VictimKind, results: readonly RunResult[]): VictimFigures {
  const waits = results.flatMap(({ evidence: { kills, events } }) =>
    kills.filter((kill) => kill.kind === kind).map(({ at }) => longestWait(events, at)),
  );
  return {
    kind,
    points: waits.length,
    median_wait_ms: median(waits),
    longest_wait_ms: Math.round(Math.max(0, ...waits)),
  };
}

function longestWait(events: readonly RunEvent[], at: number): number {
  const next = new Map<string, number>();
  for (const { job, event } of events) {
    const { at: then } = event as { readonly at: number }; // As each event has it.
    if (job === undefined) continue;
    if (then <= at) next.set(job, Number.POSITIVE_INFINITY);
    else if (next.get(job) === Number.POSITIVE_INFINITY) next.set(job, then);
  }
  const waits = [...next.values()].filter((then) => then > at && then !== Number.POSITIVE_INFINITY);
  return Math.max(0, ...waits.map((then) => then - at));
}

/** For people. */
export function reportText(report: ChaosReport): string {
  const { engine, seed, points, runs, victims, violations, evidence } = report;
  const lines = [
    `engine ${engine}, seed ${seed}: ${points} kills in ${runs - 1} runs of 60 steps, ${violations.length} violations`,
    `a run took ${seconds(report.median_run_ms)} (median), left alone ${seconds(report.undisturbed_ms)}`,
    `${report.jobs_started_again} jobs began anew, ${report.steps_done_again} steps were done again for that or because they were cut off`,
    ...victims.map(
      (one) =>
        `${one.kind.padEnd(8)} killed ${String(one.points).padStart(3)} times; a job waited for ${seconds(one.median_wait_ms)} (median), ${seconds(one.longest_wait_ms)} at most`,
    ),
    ...violations.map(({ run, problem }) => `violation in ${run}: ${problem}`),
    ...(evidence === undefined ? [] : [`what is known of it is in ${evidence}`]),
  ];
  return `${lines.join('\n')}\n`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function median(values: readonly number[]): number {
  return Math.round(values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
