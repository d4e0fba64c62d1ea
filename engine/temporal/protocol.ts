import type { Sinks } from '@temporalio/workflow';
import { sha256 } from '../../dsl/source/sha256.ts';
import type { JobKey, JsonObject, Plan, RunId } from '../../schemas/index.ts';
import type { Killed } from '../driving/kill-mark.ts';
import type { JobEvent, JobResult, JobStart, JobState, RunEvent, RunFacts, RunState } from '../machine/index.ts';
import type { JobBeginning } from './job-beginning.ts';

/** What the workflow of a run begins with, or goes on with after it continued as new. */
export interface RunInput {
  readonly version: 1;
  readonly run: RunId;
  readonly plan: Plan;
  /** The values of its secrets, sealed for agents. */
  readonly secrets: JsonObject;
  readonly begin:
    | { readonly facts: RunFacts }
    | {
        readonly carried: CarriedRun;
        readonly rerun?: Untimed<Extract<RunEvent, { readonly type: 'rerun_requested' }>>;
      };
}

/** What a run's workflow hands to its next execution. */
export interface CarriedRun extends Carried {
  readonly state: RunState;
  /** The attempt of the run in which each job was started last. */
  readonly started: Readonly<Record<JobKey, number>>;
}

/** What the workflow of a job begins with. */
export interface JobInput {
  readonly version: 1;
  readonly run: RunId;
  readonly tenant: string;
  /** Absent at first for a large one, and for jobs of many: the history of a run would hold its plan as often. */
  readonly plan?: Plan;
  readonly key: JobKey;
  /** That the job names. */
  readonly queue: string;
  readonly secrets: JsonObject;
  /** `ran`: in an earlier attempt of the run; it goes on from how that ended. */
  readonly begin: { readonly start: JobStart; readonly ran: boolean } | { readonly carried: CarriedJob };
}

/** What a job's workflow hands to its next execution. */
export interface CarriedJob extends Carried {
  readonly state: JobState;
}

/** What both kinds of workflow hand over. */
export interface Carried {
  /** How many events have been projected. */
  readonly sequence: number;
  /** The time of the last event: later ones aren't earlier. */
  readonly at: number;
}

/** Whose events they are. */
export interface EventSource {
  readonly run: RunId;
  /** Absent: the run's own machine. */
  readonly job?: JobKey;
}

/** Events of one machine, as storage keeps them. `from` is the number of the first one, from 1, so that a repetition is recognized. */
export interface ProjectedEvents extends EventSource {
  readonly from: number;
  readonly events: readonly JsonObject[];
}

/** Activities beside the server, as local activities of the worker that carries workflows out. */
export interface EngineActivities {
  /** The events of a machine that storage has, from a number on. */
  readonly kept: (source: EventSource, from: number) => Promise<readonly JsonObject[]>;
  /** The hosts of a queue, each once. Fails with an application failure of type `WaterflowError` where nobody knows. */
  readonly hosts: (queue: string) => Promise<readonly string[]>;
  /** How many agents serve a queue at the moment, or whether that host does. */
  readonly serving: (queue: string, host?: string) => Promise<number>;
  /** What a job begins from: the run's plan, and with `ran` what an earlier attempt of the run left of the job, where it left something. */
  readonly jobOf: (
    run: RunId,
    job: JobKey,
    options: { readonly ran: boolean },
  ) => Promise<{ readonly plan: Plan; readonly before?: CarriedJob }>;
  /** Keeps that a run was killed, or what broke it, and when. */
  readonly killed: (run: RunId, killed: Killed) => Promise<void>;
  /** Tells a concurrency group that a member asks for it, or is done with it. */
  readonly tellGroup: (request: GroupRequest) => Promise<void>;
}

/**
 * What workflows hand over while a task of theirs is carried out. Temporal hears of nothing that the task comes to before that is done, and of
 * nothing at all where it can't be done.
 */
export interface EngineSinks extends Sinks {
  readonly storage: {
    /** Keeps events. Where storage has others under their numbers, those hold, and the workflow is told so by {@link names.behindSignal}. */
    readonly keep: (events: ProjectedEvents) => void;
  };
  readonly jobs: {
    /** Begins the workflows of jobs that the run begins for the first time. */
    readonly begin: (jobs: readonly JobBeginning[]) => void;
    /** Tells a run how a job of it ended, perhaps twice. */
    readonly finish: (job: FinishedJob) => void;
  };
}

/** Of {@link EngineSinks}. */
export const sinkNames: ReadonlySet<string> = new Set(['storage', 'jobs'] satisfies (keyof EngineSinks)[]);

/** What a run tells a concurrency group. The answers come to the run as events. */
export interface GroupRequest {
  readonly tenant: string;
  readonly group: string;
  readonly run: RunId;
  readonly member: string;
  readonly asks: { readonly cancel_in_progress: boolean } | 'leaves';
}

/** Names that workflows, workers and clients share. */
export const names = {
  runWorkflow: 'waterflowRun',
  jobWorkflow: 'waterflowJob',
  groupWorkflow: 'waterflowGroup',
  /** To a run or a job: an event for its machine, and where it is for one attempt of the run alone, which one. */
  eventSignal: 'event',
  /** To a run or a job: an operation, checked before it is taken. Refused with an application failure of type `WaterflowError`. */
  operateUpdate: 'operate',
  /** To a job: everything ends at once, without a word to its run. */
  terminateSignal: 'terminate',
  /** To a run: a job of it is broken by a defect, the {@link WaterflowError} that is given, in an attempt of the run. */
  brokenSignal: 'broken',
  /** To a job: whether the agent that it has is suspect. */
  suspectSignal: 'suspect',
  /** To a run or a job: storage has events of it that the workflow doesn't know of. */
  behindSignal: 'behind',
  /** To any workflow: it is to go on in a new execution as soon as it can, by the version of the workflows that is current. */
  moveSignal: 'move',
  /** The queue of the workers beside servers. */
  engineQueue: 'waterflow-engine',
} as const;

/** Temporal takes ids of up to 1000 bytes. */
const longestId = 900;

/** The workflow id of a job. The key of a matrix' cell holds values, however many: the digest of one that is too long stands for it. */
export function jobWorkflowId(run: RunId, job: JobKey): string {
  const plain = `${run}/${job}`;
  const key = new TextEncoder().encode(job);
  return run.length + 1 + key.length <= longestId ? plain : `${run}/sha256:${sha256(key)}`;
}

/** The run of a job, which is its workflow id, too. */
export function runOfJob(workflowId: string): RunId {
  // jobWorkflowId() made it.
  return workflowId.slice(0, workflowId.indexOf('/')) as RunId;
}

/** How a job tells its run that it has ended. */
export interface FinishedJob {
  readonly run: RunId;
  readonly event: Untimed<RunEvent>;
  /** Of the run, in which the job was started: what is told late is nothing to a later one. */
  readonly attempt: number;
}

export function jobFinished(
  run: RunId,
  { job, result, attempt }: { readonly job: JobKey; readonly result: JobResult; readonly attempt: number },
): FinishedJob {
  return { run, event: { type: 'job_finished', job, result }, attempt };
}

/** An event before its machine's driver says when it came. */
export type Untimed<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

export type { JobEvent, RunEvent };
