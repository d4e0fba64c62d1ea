import type { Unit } from './record.ts';

/** What everybody does who can, and how often. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly title: string;
  /** The same work for everybody, as the page tells it. */
  readonly work: string;
  readonly unit: Unit;
  /** Whether a small sample or a large one is the better one. */
  readonly better: 'lower' | 'higher';
  /** How many samples each contestant gives, in turn with the others. */
  readonly rounds: number;
  /** How many of each come before, and aren't counted. */
  readonly warmUps: number;
}

/** The names of the scenarios, which records use. */
export type ScenarioName =
  | 'cold-start'
  | 'short-tasks'
  | 'long-tasks'
  | 'three-steps'
  | 'fan-out'
  | 'chain'
  | 'submit-rate'
  | 'server-start'
  | 'memory-idle'
  | 'memory-load'
  | 'plugin-isolate'
  | 'plugin-wasm'
  | 'log-throughput';

/** The sizes of the work. */
export const sizes = {
  shortTasks: 40,
  longTasks: 10,
  steps: 3,
  fanOut: 100,
  chain: 1000,
  /** How many runs are submitted for a sample, by how many at a time. */
  submissions: 100,
  submitters: 8,
  logLines: 20_000,
  logLineBytes: 64,
} as const;

/** Tasks compute a Fibonacci number by recursion, as the published benchmarks of Windmill and Kestra do: this one, or a long one. */
const fibonacci = { short: 10, long: 33 } as const;

/** The command of such a task, for `sh -c`: awk, which every Debian has, so that all run the same program. */
export function fibonacciCommand(task: keyof typeof fibonacci): string {
  return `awk 'function f(n) { return n < 2 ? n : f(n - 1) + f(n - 2) } BEGIN { print f(${fibonacci[task]}) }'`;
}

const logLine = 'a line of a log that is written as fast as it can be, in order.'.padEnd(sizes.logLineBytes - 1, '.');

/** The command that writes the log. */
export const logCommand: string = `awk 'BEGIN { for (line = 0; line < ${sizes.logLines}; line += 1) print "${logLine}" }'`;

/** In the order of the page. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'cold-start',
    title: 'Cold start',
    work: 'From the command in a shell, with nothing running, to the end of a run of one script, `echo one`.',
    unit: 'ms',
    better: 'lower',
    rounds: 4,
    warmUps: 1,
  },
  {
    name: 'short-tasks',
    title: '40 short tasks',
    work: 'A run of 40 tasks one after the other; each is a process, `awk`, that computes the 10th Fibonacci number by recursion.',
    unit: 'ms',
    better: 'lower',
    rounds: 5,
    warmUps: 1,
  },
  {
    name: 'long-tasks',
    title: '10 long tasks',
    work: 'The same with 10 tasks and the 33rd number.',
    unit: 'ms',
    better: 'lower',
    rounds: 3,
    warmUps: 0,
  },
  {
    name: 'three-steps',
    title: 'Three steps',
    work: 'A run of three scripts one after the other, each `echo one`.',
    unit: 'ms',
    better: 'lower',
    rounds: 7,
    warmUps: 2,
  },
  {
    name: 'fan-out',
    title: 'Fan-out to 100',
    work: 'A run of 100 tasks that need nothing of each other, each the script `echo one`, in jobs of their own where there are jobs.',
    unit: 'ms',
    better: 'lower',
    rounds: 3,
    warmUps: 1,
  },
  {
    name: 'chain',
    title: 'A chain of 1,000 steps',
    work: 'A run of 1,000 steps one after the other, each the cheapest that its engine has: a plugin in its sandbox, an activity, a function; for act, which has none, the script `true`.',
    unit: 'ms',
    better: 'lower',
    rounds: 1,
    warmUps: 0,
  },
  {
    name: 'submit-rate',
    title: 'Submissions',
    work: 'How many runs a server takes in a second from 8 clients that each wait for the answer. Nothing carries them out meanwhile: their first step waits, or nobody serves them.',
    unit: 'a second',
    better: 'higher',
    rounds: 3,
    warmUps: 1,
  },
  {
    name: 'server-start',
    title: 'Start of a server',
    work: 'From the command to the first answer that it is ready.',
    unit: 'ms',
    better: 'lower',
    rounds: 3,
    warmUps: 1,
  },
  {
    name: 'memory-idle',
    title: 'Memory, with nothing to do',
    work: 'What all processes hold resident together that have to be there to carry out runs, ten seconds after they started.',
    unit: 'MiB',
    better: 'lower',
    rounds: 1,
    warmUps: 0,
  },
  {
    name: 'memory-load',
    title: 'Memory, under load',
    work: 'The most that the same processes, and those that they start, hold resident together during a fan-out to 100.',
    unit: 'MiB',
    better: 'lower',
    rounds: 1,
    warmUps: 0,
  },
  {
    name: 'plugin-isolate',
    title: 'A call of a plugin in JavaScript',
    work: 'One call with a text of 1 KiB in and out, one after the other; each sample is the mean of 20.',
    unit: 'ms',
    better: 'lower',
    rounds: 9,
    warmUps: 2,
  },
  {
    name: 'plugin-wasm',
    title: 'A call of a plugin in WebAssembly',
    work: 'The same with the same module of WebAssembly.',
    unit: 'ms',
    better: 'lower',
    rounds: 9,
    warmUps: 2,
  },
  {
    name: 'log-throughput',
    title: 'Log of a step',
    work: 'A run of one task that writes 20,000 lines of 64 bytes: how many of them a second are kept or printed, from the submission to the end.',
    unit: 'lines a second',
    better: 'higher',
    rounds: 3,
    warmUps: 1,
  },
];
