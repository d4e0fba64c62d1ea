import type { ScenarioName } from './scenarios.ts';

/** How Waterflow is run, of those who take part: whoever else takes part is a peer. */
export const ours: readonly string[] = ['Waterflow', 'Waterflow on Temporal'];

/** What Waterflow may cost at most as a multiple of what a peer does, and, where that is more than 1, why the peer may win. */
export type Bound = { readonly most: 1; readonly reason?: never } | { readonly most: number; readonly reason: string };

const reasons = {
  launcher:
    'Waterflow is a program for Node: that starts, reads its modules from a compiled cache, and starts a sandbox; the peer is one binary, or imports less, and runs the script as its child',
  container:
    'the daemon that makes the container is there already; `waterflow run` starts all that it needs, and reads and checks a workflow file first',
  plugin:
    'each step of Waterflow is an invocation in the isolate of another process, and its start and its end are synced to the disk before the next one begins; the peer’s is a function, or a child of its process, and nothing is synced',
  script:
    'each script of Waterflow starts in namespaces of its own behind a seccomp filter, and its start and its end are synced to the disk before the next one begins; the peer’s is a child of its process, and nothing is synced',
  activity:
    'each script of Waterflow starts in namespaces of its own behind a seccomp filter, and its log and calls are recorded; the activity starts a child of its worker',
  claim:
    'a job of Waterflow is a workflow of its own, with a claim of an agent’s place before it and a release after it; by hand all is one workflow, and each task one activity',
  jobs: 'each job of Waterflow gets a workspace, a sandbox and records that are synced; the peer’s tasks are functions of one process',
  step: 'an activity of the worker is a function; Waterflow’s step is an activity on the agent’s queue, which runs a plugin in a sandbox, and writes its events to the server’s database before Temporal is told',
  server: 'a worker is started; the server opens its records, its workers for runs and for jobs, and its API',
  memory: 'Luigi has no server, and keeps no process ready for a sandbox: this is Python with one library',
  fanOutMemory:
    'jobs at once are sandboxes at once, each a process with its own V8; the peer’s tasks are threads, or children of a shell’s size',
  ready:
    'the server with its launcher, and a process that is kept ready for the next sandbox; by hand there is one worker, beside Temporal, which isn’t counted',
  agent: 'the server and the agent are two processes, and the launcher is a third; by hand there is one worker',
  isolate:
    'the bare isolate is called in the caller’s own process; Waterflow’s is in another one, behind namespaces and a seccomp filter, is hardened anew for each call, and has its grant made and its call recorded',
  wasm: 'the bare module is called in the caller’s own process; Waterflow’s is in another one, behind namespaces and a seccomp filter, and has its grant made and its call recorded',
  log: 'act prints lines and keeps none; Waterflow redacts secrets in them, stores them, and can be asked for them',
} as const;

type Pairs = Readonly<Record<string, Bound>>;

/** For the embedded engine. A peer that isn't named may not win. */
const embedded: Readonly<Partial<Record<ScenarioName, Pairs>>> = {
  'cold-start': {
    act: { most: 14, reason: reasons.launcher },
    Luigi: { most: 5.5, reason: reasons.launcher },
    'docker run': { most: 3.5, reason: reasons.container },
  },
  'short-tasks': {
    Temporal: { most: 2, reason: reasons.activity },
    Prefect: { most: 2, reason: reasons.script },
    Luigi: { most: 14, reason: reasons.script },
    act: { most: 7, reason: reasons.script },
  },
  'long-tasks': {
    Temporal: { most: 1.6, reason: reasons.activity },
    Prefect: { most: 1.6, reason: reasons.script },
    Luigi: { most: 1.6, reason: reasons.script },
    act: { most: 1.6, reason: reasons.script },
  },
  'three-steps': {
    Temporal: { most: 3, reason: reasons.activity },
    Luigi: { most: 22, reason: reasons.script },
    act: { most: 3, reason: reasons.script },
  },
  'fan-out': {
    Temporal: { most: 5, reason: reasons.jobs },
    Prefect: { most: 4, reason: reasons.jobs },
    Luigi: { most: 5, reason: reasons.jobs },
    act: { most: 1.5, reason: reasons.jobs },
  },
  chain: {
    Luigi: { most: 1.5, reason: reasons.plugin },
    Prefect: { most: 1.5, reason: reasons.plugin },
  },
  'server-start': { Temporal: { most: 2, reason: reasons.server } },
  'memory-idle': { Luigi: { most: 10, reason: reasons.memory }, Temporal: { most: 2, reason: reasons.ready } },
  'memory-load': {
    Luigi: { most: 6, reason: reasons.fanOutMemory },
    act: { most: 4, reason: reasons.fanOutMemory },
    Temporal: { most: 3, reason: reasons.fanOutMemory },
    Prefect: { most: 2, reason: reasons.fanOutMemory },
  },
  'plugin-isolate': { 'bare isolated-vm': { most: 4, reason: reasons.isolate } },
  'plugin-wasm': { 'bare Extism': { most: 10, reason: reasons.wasm } },
  'log-throughput': { act: { most: 1.5, reason: reasons.log } },
};

/** For Waterflow on Temporal, beside what somebody writes by hand on the same Temporal. */
const onTemporal: Readonly<Partial<Record<ScenarioName, Bound>>> = {
  'short-tasks': { most: 4, reason: reasons.activity },
  'long-tasks': { most: 1.6, reason: reasons.activity },
  'three-steps': { most: 6, reason: reasons.activity },
  'fan-out': { most: 16, reason: reasons.claim },
  chain: { most: 2.5, reason: reasons.step },
  'server-start': { most: 3.5, reason: reasons.server },
  'memory-idle': { most: 4, reason: reasons.agent },
  'memory-load': { most: 5, reason: reasons.fanOutMemory },
};

/** The bound between two who take part; undefined where they aren't compared. */
export function boundOf(scenario: ScenarioName, contestant: string, peer: string): Bound | undefined {
  if (contestant === 'Waterflow') return embedded[scenario]?.[peer] ?? { most: 1 };
  return peer === 'Temporal' ? (onTemporal[scenario] ?? { most: 1 }) : undefined;
}
