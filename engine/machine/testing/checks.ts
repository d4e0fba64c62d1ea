import type { JobKey, Plan } from '../../../schemas/index.ts';
import {
  heldClaim,
  type JobCommand,
  type JobState,
  jobTransition,
  jobViews,
  outstandingJobCommands,
  outstandingRunCommands,
  type RunCommand,
  type RunState,
  runTransition,
  startJob,
  startRun,
  stepViews,
} from '../index.ts';
import type { Delivery, Ledger } from './ledger.ts';

/** The machines of one run. */
export interface Machines {
  readonly plan: Plan;
  readonly run: RunState;
  readonly jobs: ReadonlyMap<JobKey, JobState>;
}

/** What the states say is outstanding, also after a round trip through JSON, is what was asked for and isn't answered. */
export function checkOutstanding({ run, jobs }: Machines, ledger: Ledger): void {
  const starts = (commands: readonly RunCommand[]) => commands.filter(({ type }) => type === 'start_job');
  same('jobs that were started', starts(ledger.ofRun()), starts(outstandingRunCommands(run)));
  same('commands of the run after JSON', outstandingRunCommands(throughJson(run)), outstandingRunCommands(run));
  for (const [job, state] of jobs) {
    const known = ledger.ofJob(job);
    const derived = outstandingJobCommands(state);
    // Of a job that has ended the last command is answered once the run has been told.
    if (state.state !== 'ended' || known.length > 0) same(`commands of ${job}`, known, derived);
    same(`commands of ${job} after JSON`, outstandingJobCommands(throughJson(state)), derived);
  }
}

/** A job starts only when all that it needs has ended. */
export function checkNeeds({ plan, run }: Machines, id: string): void {
  const needs = plan.jobs.find((job) => job.id === id)?.needs ?? [];
  for (const view of jobViews(plan, run)) {
    if (needs.includes(view.id) && view.ended_at === undefined)
      throw new Error(`${id} starts before ${view.key} ended`);
  }
}

/** A job runs one step at a time, in their order, with an agent, and nothing after its end. */
export function checkSteps(plan: Plan, state: JobState, commands: readonly JobCommand[]): void {
  const views = stepViews(plan, state);
  const first = views.findIndex(({ ended_at }) => ended_at === undefined);
  if (first !== -1 && views.slice(first + 1).some(({ status }) => status !== 'pending')) {
    throw new Error('two steps run at once');
  }
  if (commands.some(({ type }) => type === 'run_step') && heldClaim(state) === undefined) {
    throw new Error('a step runs without an agent');
  }
  if (state.state === 'ended' && commands.at(-1)?.type !== 'finish_job') throw new Error('a job goes on after its end');
}

/** The events, told again from the beginning, give the same states. */
export function checkReplay(machines: Machines, delivered: readonly Delivery[]): void {
  const { plan } = machines;
  let run = startRun();
  const jobs = new Map<JobKey, JobState>();
  for (const delivery of delivered) {
    if (delivery.to === 'run') {
      run = runTransition(plan, run, delivery.event).state;
      continue;
    }
    const { job, event } = delivery;
    const state = jobs.get(job) ?? (event.type === 'job_started' ? startJob(plan, event.start) : undefined);
    if (state === undefined) throw new Error(`${job} was never started`);
    jobs.set(job, jobTransition(plan, state, event).state);
  }
  same('states of the run', [run], [machines.run]);
  same('states of the jobs', [...jobs], [...machines.jobs]);
}

/** A state as it is after a restart. */
export function throughJson<State extends RunState | JobState>(state: State): State {
  // States are JSON.
  return JSON.parse(JSON.stringify(state)) as State;
}

/** Two lists hold the same, in whichever order. */
export function same(what: string, one: readonly unknown[], other: readonly unknown[]): void {
  const [left, right] = [one, other].map((items) =>
    items
      .map((item) => JSON.stringify(item))
      .sort()
      .join('\n'),
  );
  if (left !== right) throw new Error(`the ${what} differ:\n${left}\nand\n${right}`);
}
