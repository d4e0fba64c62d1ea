import { assertNever, type JobKey, type JsonObject, type Plan } from '../../schemas/index.ts';
import type { JournalEntry } from '../../storage/index.ts';
import {
  type AwaitedSecrets,
  awaitedSecrets,
  type JobCommand,
  type JobEvent,
  type JobProgress,
  type JobState,
  jobProgress,
  jobTransition,
  outstandingJobCommands,
  outstandingRunCommands,
  plannedJobOf,
  type RunCommand,
  type RunEvent,
  type RunState,
  type RunStep,
  runName,
  runProgress,
  runTransition,
  startJob,
  startRun,
} from '../machine/index.ts';
import type { RunStatus } from '../port.ts';

/** An event, and the machine that it is for. */
export type Addressed =
  | { readonly machine: { readonly kind: 'run' }; readonly event: RunEvent }
  | { readonly machine: { readonly kind: 'job'; readonly job: JobKey }; readonly event: JobEvent };

/** What a driver has to carry out outside of the machines. */
export type Effect =
  | { readonly kind: 'end_run' }
  | { readonly kind: 'run'; readonly command: RunEffect }
  | { readonly kind: 'job'; readonly job: JobKey; readonly command: JobEffect };
export type RunEffect = Exclude<
  RunCommand,
  { readonly type: 'start_job' | 'cancel_job' | 'pause_job' | 'resume_job' | 'finish_run' }
>;
export type JobEffect = Exclude<JobCommand, { readonly type: 'finish_job' }>;

/** What commands come to: events for the other machines, which belong to the same transaction, and effects after it. */
export interface Consequences {
  readonly events: readonly Addressed[];
  readonly effects: readonly Effect[];
}

/** What an event did; the states are there for notices. */
export type Change =
  | ({ readonly kind: 'run'; readonly event: RunEvent } & RunStep)
  | {
      readonly kind: 'job';
      readonly job: JobKey;
      readonly event: JobEvent;
      readonly before: JobState;
      readonly after: JobState;
    };

/** The run machine and the job machines of one run, with the way that commands take between them. It carries out nothing. */
export class Machines {
  readonly plan: Plan;
  #run: RunState;
  readonly #jobs = new Map<JobKey, JobState>();
  /** The attempt of the run in which each job was started last. */
  readonly #startedIn = new Map<JobKey, number>();
  /** The agent that has each job, or had it last. */
  readonly #agents = new Map<JobKey, string>();
  /** How many jobs are at which point, so that the run's status costs the same however many there are. */
  readonly #progress = new Map<JobProgress['state'], number>();

  constructor(plan: Plan) {
    this.plan = plan;
    this.#run = startRun();
  }

  get run(): RunState {
    return this.#run;
  }

  /** 1, and one more with each rerun. */
  get attempt(): number {
    return this.#run.state === 'created' ? 1 : this.#run.workflow.facts.run_attempt;
  }

  /** `run-name`, evaluated; else the workflow's name. */
  get name(): string {
    return runName(this.plan, this.#run);
  }

  get isPaused(): boolean {
    return this.#run.state === 'running' && this.#run.pause !== undefined;
  }

  /** True while it comes to its end early. */
  get isCancelled(): boolean {
    return this.#run.state === 'running' && this.#run.workflow.cancel !== undefined;
  }

  job(key: JobKey): JobState | undefined {
    return this.#jobs.get(key);
  }

  agentOf(key: JobKey): string | undefined {
    return this.#agents.get(key);
  }

  /** The jobs that have begun, with what they are at. */
  jobs(): Iterable<readonly [JobKey, JobState]> {
    return this.#jobs;
  }

  /** The attempt of the run in which each job was started last. */
  startedIn(): Iterable<readonly [JobKey, number]> {
    return this.#startedIn;
  }

  /** What the run is at, beside what its machine alone knows. `awaits`: whether anybody is to send something. */
  status({ awaits }: { readonly awaits: boolean }): RunStatus {
    const run = this.#run;
    if (run.state === 'ended') return run.status;
    if (run.state === 'created') return 'queued';
    if (run.pause !== undefined) return 'paused';
    if (run.workflow.group?.held === false) return 'queued';
    if (this.#count('working', 'waiting_for_agent', 'retrying') > 0) return 'running';
    if (this.#count('blocked') > 0) return 'blocked';
    if (awaits) return 'waiting';
    // A job is about to begin, or has ended and its run hasn't heard of it; else what hasn't begun waits for its turn in a concurrency group.
    return runProgress(run) === 'running' ? 'running' : 'queued';
  }

  /** The secrets whose values steps wait for. */
  awaitedSecrets(): readonly AwaitedSecrets[] {
    return [...this.#jobs.values()].flatMap(awaitedSecrets);
  }

  /** True where the workspace of a job in progress is to outlive it. */
  keepsWorkspace(key: JobKey): boolean {
    const state = this.#jobs.get(key);
    return state?.state === 'running' && plannedJobOf(this.plan, state).keep_workspace === true;
  }

  /** Undefined where the event changes nothing: a late or repeated answer. */
  apply(addressed: Addressed): { readonly change: Change; readonly consequences: Consequences } | undefined {
    return addressed.machine.kind === 'run'
      ? // The address and the event of a pair belong together.
        this.#applyToRun(addressed.event as RunEvent)
      : this.#applyToJob(addressed.machine.job, addressed.event as JobEvent);
  }

  /** What was asked for and is neither answered nor withdrawn: all of it is to be done again after a crash. */
  outstanding(at: number): Consequences {
    const commands = outstandingRunCommands(this.#run).filter((command) => !this.#hasStarted(command));
    // Whatever its machine is at is of an earlier attempt of the run.
    const starting = new Set(commands.flatMap((command) => (command.type === 'start_job' ? [command.job] : [])));
    const run = runConsequences(commands, at);
    const jobs = [...this.#jobs]
      .filter(([job]) => !starting.has(job))
      .map(([job, state]) => jobConsequences(job, outstandingJobCommands(state), at));
    return {
      events: [run, ...jobs].flatMap(({ events }) => events),
      effects: [run, ...jobs].flatMap(({ effects }) => effects),
    };
  }

  /** True for the start of a job that its machine has taken in. Again, it would start the job anew if that has ended. */
  #hasStarted(command: RunCommand): boolean {
    return command.type === 'start_job' && this.#startedIn.get(command.job) === command.start.facts.run_attempt;
  }

  #count(...states: readonly JobProgress['state'][]): number {
    return states.reduce((sum, state) => sum + (this.#progress.get(state) ?? 0), 0);
  }

  #keep(job: JobKey, state: JobState): void {
    const known = this.#jobs.get(job);
    this.#jobs.set(job, state);
    if (known !== undefined) this.#add(jobProgress(known).state, -1);
    this.#add(jobProgress(state).state, 1);
  }

  #add(state: JobProgress['state'], count: number): void {
    this.#progress.set(state, this.#count(state) + count);
  }

  #applyToRun(event: RunEvent) {
    const before = this.#run;
    const { state: after, commands, touched } = runTransition(this.plan, before, event);
    if (after === before && commands.length === 0) return undefined;
    this.#run = after;
    const change: Change = { kind: 'run', event, before, after, ...(touched === undefined ? {} : { touched }) };
    return { change, consequences: runConsequences(commands, event.at) };
  }

  #applyToJob(job: JobKey, event: JobEvent) {
    const before = this.#jobs.get(job) ?? (event.type === 'job_started' ? startJob(this.plan, event.start) : undefined);
    if (before === undefined) return undefined;
    const { state: after, commands } = jobTransition(this.plan, before, event);
    if (after === before && commands.length === 0) return undefined;
    this.#keep(job, after);
    if (event.type === 'agent_claimed') this.#agents.set(job, event.claim.agent);
    if (event.type === 'job_started') this.#startedIn.set(job, event.start.facts.run_attempt);
    const change: Change = { kind: 'job', job, event, before, after };
    return { change, consequences: jobConsequences(job, commands, event.at) };
  }
}

function runConsequences(commands: readonly RunCommand[], at: number): Consequences {
  const events: Addressed[] = [];
  const effects: Effect[] = [];
  for (const command of commands) {
    switch (command.type) {
      case 'start_job':
        events.push(toJob(command.job, { type: 'job_started', at, start: command.start }));
        break;
      case 'cancel_job':
        events.push(toJob(command.job, { type: 'cancel_requested', at, reason: command.reason }));
        break;
      case 'pause_job':
        events.push(toJob(command.job, { type: 'pause_requested', at, by: command.by }));
        break;
      case 'resume_job':
        events.push(toJob(command.job, { type: 'resume_requested', at, by: command.by }));
        break;
      case 'finish_run':
        effects.push({ kind: 'end_run' });
        break;
      case 'acquire_group':
      case 'release_group':
      case 'list_hosts':
      case 'await_signal':
      case 'stop_awaiting':
      case 'start_timer':
      case 'cancel_timer':
        effects.push({ kind: 'run', command });
        break;
      default:
        assertNever(command);
    }
  }
  return { events, effects };
}

function jobConsequences(job: JobKey, commands: readonly JobCommand[], at: number): Consequences {
  const events: Addressed[] = [];
  const effects: Effect[] = [];
  for (const command of commands) {
    if (command.type === 'finish_job') {
      events.push({ machine: { kind: 'run' }, event: { type: 'job_finished', at, job, result: command.result } });
      continue;
    }
    effects.push({ kind: 'job', job, command });
    if (command.type === 'run_step') {
      const { step, attempt, job_attempt } = command.task;
      events.push(toJob(job, { type: 'step_started', at, step, attempt, job_attempt }));
    }
  }
  return { events, effects };
}

function toJob(job: JobKey, event: JobEvent): Addressed {
  return { machine: { kind: 'job', job }, event };
}

/** An event as the journal keeps it. */
export function toEntry({ machine, event }: Addressed): Omit<JournalEntry, 'sequence'> {
  // Events are JSON by definition (engine/machine); their interfaces only lack JsonObject's index signature.
  return { machine, event: event as unknown as JsonObject };
}

/** An entry of the journal as the event that it was. */
export function fromEntry({ machine, event }: JournalEntry): Addressed {
  // toEntry() made it, and the journal checks that it reads what was written.
  return { machine, event: event as unknown as RunEvent & JobEvent } as Addressed;
}
