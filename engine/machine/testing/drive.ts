import type {
  AbsolutePath,
  Claim,
  JobKey,
  Json,
  JsonObject,
  Plan,
  RetryClass,
  RunId,
  StepKey,
  StepResult,
  StepTask,
} from '../../../schemas/index.ts';
import {
  type JobCommand,
  type JobEvent,
  type JobResult,
  type JobStart,
  type JobState,
  type JobView,
  jobTransition,
  jobViews,
  type Rerun,
  type RunCommand,
  type RunEvent,
  type RunFacts,
  type RunState,
  type RunStep,
  runTransition,
  type StepView,
  startJob,
  startRun,
  stepView,
} from '../index.ts';

/** Each member of a union without one of its keys. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** The facts of the runs of these tests. */
export const facts: RunFacts = {
  // It has the form of one.
  run: 'run-00000000000000000000000000' as RunId,
  run_attempt: 1,
  tenant: 'default',
  inputs: {},
  vars: {},
  secrets: [],
};

/** The claim that these tests' agents give. */
export const claim: Claim = {
  agent: 'here',
  // It is one.
  workspace: '/work' as AbsolutePath,
  runner: { os: 'Linux', arch: 'X64', name: 'here', labels: [], temp: '/tmp', workspace: '/work' },
};

const noCalls = { allowed: 0, denied: 0 };

/** A job's key. */
export function jobKey(text: string): JobKey {
  // What a test writes is a key of its plan.
  return text as JobKey;
}

/** A step's key. */
export function stepKey(text: string): StepKey {
  // What a test writes is a key of its plan.
  return text as StepKey;
}

/** A step that succeeded. */
export function success(outputs: JsonObject = {}): StepResult {
  return { outcome: 'success', outputs, host_calls: noCalls };
}

/** A step that failed, by default with the class `failure`. */
export function failure(retryClass: RetryClass | 'none' = 'failure', outputs: JsonObject = {}): StepResult {
  const error = { code: 'STEP_FAILED', message: 'it failed', remedy: 'repair it' } as const;
  const named = retryClass === 'none' ? {} : { class: retryClass };
  return { outcome: 'failure', ...named, error, outputs, host_calls: noCalls };
}

/** A step that ended because it was told to. */
export function cancelled(): StepResult {
  const error = { code: 'CANCELLED', message: 'it was cancelled', remedy: 'run it again' } as const;
  return { outcome: 'cancelled', error, outputs: {}, host_calls: noCalls };
}

/** A run whose jobs a test ends by hand. */
export class RunDrive {
  readonly plan: Plan;
  state: RunState;
  /** The state that the last event found. */
  before: RunState;
  at = 0;
  /** Every command so far. */
  readonly commands: RunCommand[] = [];
  #touched: readonly number[] | undefined;

  /** `before`: events that come before its start. */
  constructor(plan: Plan, given: Partial<RunFacts> = {}, before: readonly Without<RunEvent, 'at'>[] = []) {
    this.plan = plan;
    this.state = startRun();
    this.before = this.state;
    for (const event of before) this.tell(event);
    this.tell({ type: 'run_started', facts: { ...facts, ...given } });
  }

  /** What the last event did. */
  get step(): RunStep {
    const touched = this.#touched === undefined ? {} : { touched: this.#touched };
    return { before: this.before, after: this.state, ...touched };
  }

  /** Tells an event, a second later; returns the commands that it caused. */
  tell(event: Without<RunEvent, 'at'>): readonly RunCommand[] {
    this.at += 1000;
    const { state, commands, touched } = runTransition(this.plan, this.state, { ...event, at: this.at });
    this.#touched = touched;
    this.before = this.state;
    this.state = state;
    this.commands.push(...commands);
    return commands;
  }

  /** Ends a job. */
  end(job: string, status: JobResult['status'], outputs: JsonObject = {}): readonly RunCommand[] {
    const error = { code: 'STEP_FAILED', message: `${job} failed`, remedy: 'repair it' } as const;
    const result = { status, outputs, output_bytes: 2, attempts: 1, ...(status === 'failure' ? { error } : {}) };
    return this.tell({ type: 'job_finished', job: jobKey(job), result });
  }

  /** Gives a group to a member, by default to the run itself. */
  acquire(group: string, member = '@run'): readonly RunCommand[] {
    return this.tell({ type: 'group_acquired', group, member });
  }

  /** Decides over the environment of a job. */
  decide(
    job: string,
    decision: 'approve' | 'reject',
    { by = 'ann', comment = '' }: { readonly by?: string; readonly comment?: string } = {},
  ): readonly RunCommand[] {
    const signal = { name: `approval:${job}`, by, payload: { decision, comment } };
    return this.tell({ type: 'signal_received', signal });
  }

  /** Says which hosts the queue of a job has. */
  hosts(job: string, ...hosts: readonly string[]): readonly RunCommand[] {
    return this.tell({ type: 'hosts_known', job, hosts });
  }

  /** Runs it again. */
  rerun(what: Rerun['what'], given: Partial<Rerun> = {}): readonly RunCommand[] {
    return this.tell({ type: 'rerun_requested', by: 'ann', rerun: { what, secrets: [], ...given } });
  }

  /** The keys of the jobs that were started, in order. */
  get started(): readonly string[] {
    return this.commands.flatMap((command) => (command.type === 'start_job' ? [command.job] : []));
  }

  /** What a job was started with last. */
  startOf(job: string): JobStart {
    const found = this.commands.findLast((command) => command.type === 'start_job' && command.job === job);
    if (found?.type !== 'start_job') throw new Error(`${job} was not started`);
    return found.start;
  }

  view(job: string): JobView {
    const found = jobViews(this.plan, this.state).find(({ key }) => key === job);
    if (found === undefined) throw new Error(`there is no job ${job}`);
    return found;
  }

  /** Status by job. */
  get statuses(): Readonly<Record<string, string>> {
    return Object.fromEntries(jobViews(this.plan, this.state).map(({ key, status }) => [key, status]));
  }

  /** How the run ended; undefined while it hasn't. */
  get ended(): string | undefined {
    return this.state.state === 'ended' ? this.state.status : undefined;
  }
}

/** The first job of a plan, whose commands a test answers by hand. */
export class JobDrive {
  readonly plan: Plan;
  state: JobState;
  /** The state that the last event found. */
  before: JobState;
  at = 0;
  /** Every command so far. */
  readonly commands: JobCommand[] = [];
  /** The commands of the last event. */
  last: readonly JobCommand[] = [];
  #start: JobStart;

  constructor(plan: Plan, given: Partial<RunFacts> = {}) {
    const run = new RunDrive(plan, given);
    const first = run.commands.find((command) => command.type === 'start_job');
    if (first?.type !== 'start_job') throw new Error('the run starts no job');
    this.plan = plan;
    this.state = startJob(plan, first.start);
    this.before = this.state;
    this.#start = first.start;
    this.tell({ type: 'job_started', start: first.start });
  }

  /** Tells an event, a second after the one before unless `at` is given. */
  tell(event: Without<JobEvent, 'at'>, at: number = this.at + 1000): readonly JobCommand[] {
    this.at = at;
    const { state, commands } = jobTransition(this.plan, this.state, { ...event, at });
    this.before = this.state;
    this.state = state;
    this.commands.push(...commands);
    this.last = commands;
    return commands;
  }

  /** The agent is there. */
  claim(jobAttempt = 1): readonly JobCommand[] {
    return this.tell({ type: 'agent_claimed', job_attempt: jobAttempt, claim });
  }

  /** Ends an attempt of a step, by default its first. */
  end(step: string, result: StepResult, attempt = 1, jobAttempt = 1): readonly JobCommand[] {
    return this.tell({ type: 'step_finished', step: stepKey(step), attempt, job_attempt: jobAttempt, result });
  }

  /** Fires a timer at its due time. */
  fire(timer: string): readonly JobCommand[] {
    const found = this.commands.find((command) => command.type === 'start_timer' && command.timer === timer);
    if (found?.type !== 'start_timer') throw new Error(`no timer ${timer} was started`);
    return this.tell({ type: 'timer_fired', timer }, found.due);
  }

  cancel(reason = 'the user asked'): readonly JobCommand[] {
    return this.tell({ type: 'cancel_requested', reason });
  }

  pause(): readonly JobCommand[] {
    return this.tell({ type: 'pause_requested', by: 'alice' });
  }

  resume(): readonly JobCommand[] {
    return this.tell({ type: 'resume_requested', by: 'alice' });
  }

  /** Somebody sends a signal. */
  signal(name: string, payload: Json, by = 'alice'): readonly JobCommand[] {
    return this.tell({ type: 'signal_received', signal: { name, payload, by } });
  }

  /** Starts the ended job anew, in the next attempt of the run. */
  startAgain(rerun?: JobStart['rerun'], given: Partial<RunFacts> = {}): readonly JobCommand[] {
    const { rerun: _before, facts: known, ...rest } = this.#start;
    const again = { ...known, run_attempt: known.run_attempt + 1, ...given };
    this.#start = { ...rest, facts: again, ...(rerun === undefined ? {} : { rerun }) };
    return this.tell({ type: 'job_started', start: this.#start });
  }

  /** Tells the last start once more. */
  repeatStart(): readonly JobCommand[] {
    return this.tell({ type: 'job_started', start: this.#start });
  }

  /** Goes on with a state that has been through JSON, as after a restart. */
  throughJson(): void {
    // States are JSON.
    this.state = JSON.parse(JSON.stringify(this.state)) as JobState;
  }

  /** The steps that were given to the agent, in order, with their attempts. */
  get ran(): readonly string[] {
    return this.commands.flatMap((command) =>
      command.type === 'run_step' ? [`${command.task.step}#${command.task.attempt}`] : [],
    );
  }

  /** The task that was given to the agent last. */
  get lastTask(): StepTask {
    const found = this.commands.findLast((command) => command.type === 'run_step');
    if (found?.type !== 'run_step') throw new Error('no step was run');
    return found.task;
  }

  step(key: string): StepView {
    const found = stepView(this.plan, this.state, stepKey(key));
    if (found === undefined) throw new Error(`there is no step ${key}`);
    return found;
  }

  /** How the job ended; undefined while it hasn't. */
  get result(): JobResult | undefined {
    return this.state.state === 'ended' ? this.state.result : undefined;
  }
}
