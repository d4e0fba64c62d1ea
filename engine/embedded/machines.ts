import { assertNever, type JobKey, type JsonObject, type Plan } from '../../schemas/index.ts';
import type { JournalEntry } from '../../storage/index.ts';
import {
  type JobCommand,
  type JobEvent,
  type JobState,
  jobTransition,
  outstandingJobCommands,
  outstandingRunCommands,
  type RunCommand,
  type RunEvent,
  type RunState,
  runTransition,
  startJob,
  startRun,
} from '../machine/index.ts';

/** An event, and the machine that it is for. */
export type Addressed =
  | { readonly machine: { readonly kind: 'run' }; readonly event: RunEvent }
  | { readonly machine: { readonly kind: 'job'; readonly job: JobKey }; readonly event: JobEvent };

/** What a driver has to carry out outside of the machines. */
export type Effect =
  | { readonly kind: 'end_run' }
  | { readonly kind: 'job'; readonly job: JobKey; readonly command: JobEffect };
export type JobEffect = Exclude<JobCommand, { readonly type: 'finish_job' }>;

/** What commands come to: events for the other machines, which belong to the same transaction, and effects after it. */
export interface Consequences {
  readonly events: readonly Addressed[];
  readonly effects: readonly Effect[];
}

/** What an event did; the states are there for notices. */
export type Change =
  | { readonly kind: 'run'; readonly event: RunEvent; readonly before: RunState; readonly after: RunState }
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

  constructor(plan: Plan) {
    this.plan = plan;
    this.#run = startRun(plan);
  }

  get run(): RunState {
    return this.#run;
  }

  job(key: JobKey): JobState | undefined {
    return this.#jobs.get(key);
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
    const run = runConsequences(outstandingRunCommands(this.#run), at);
    const jobs = [...this.#jobs].map(([job, state]) => jobConsequences(job, outstandingJobCommands(state), at));
    return {
      events: [run, ...jobs].flatMap(({ events }) => events),
      effects: [run, ...jobs].flatMap(({ effects }) => effects),
    };
  }

  #applyToRun(event: RunEvent) {
    const before = this.#run;
    const { state: after, commands } = runTransition(this.plan, before, event);
    if (after === before && commands.length === 0) return undefined;
    this.#run = after;
    const change: Change = { kind: 'run', event, before, after };
    return { change, consequences: runConsequences(commands, event.at) };
  }

  #applyToJob(job: JobKey, event: JobEvent) {
    const before =
      this.#jobs.get(job) ?? (event.type === 'job_started' ? startJob(this.plan, event.start.id) : undefined);
    if (before === undefined) return undefined;
    const { state: after, commands } = jobTransition(this.plan, before, event);
    if (after === before && commands.length === 0) return undefined;
    this.#jobs.set(job, after);
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
      case 'finish_run':
        effects.push({ kind: 'end_run' });
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
