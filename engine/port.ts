import type { JsonObject, Plan, PluginIdentity, RunId, WaterflowError } from '../schemas/index.ts';
import type { AwaitedSecrets, AwaitedSignal, Rerun, Signal, SkipReason } from './machine/run/protocol.ts';
import type { IterationCounts, JobEndStatus, RunNotice, RunSummary, StepSummary } from './notices.ts';

export type { IterationCounts, JobEndStatus, JobSummary, RunNotice, RunSummary, StepSummary } from './notices.ts';

/** What an engine is asked to run. Secret values stay in memory; only their names are kept. */
export interface RunRequest {
  readonly plan: Plan;
  readonly tenant: string;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
  /** Its secrets in place of their values, as {@link Engine.seal} gave them for this run. */
  readonly sealed?: SealedSecrets;
  /** Names of further ones that the run has, whose values are to come: steps that need them wait for {@link Engine.giveSecrets}. */
  readonly awaited_secrets?: readonly string[];
  /** Kept in the run's record, for resume. */
  readonly settings: JsonObject;
  /**
   * An id that the caller has made with createRunIds(); absent: the engine makes one. RUN_STATE where a run has it already, unless that
   * never began: then it is made anew.
   */
  readonly run?: RunId;
}

/** Secrets of a run that only its agents can open. */
export interface SealedSecrets {
  readonly names: readonly string[];
  readonly values: JsonObject;
}

/** An engine, as the CLI and the server know it. */
export interface Engine extends AsyncDisposable {
  /**
   * The values of a run's secrets, sealed for its agents, where the engine's runs need no more of them: these may be kept. Absent where it
   * needs the values themselves. INVALID_INPUT where they can't be sealed for a queue of the plan.
   */
  readonly seal?: (
    request: Pick<RunRequest, 'plan' | 'tenant' | 'secrets'> & { readonly run: RunId },
  ) => Promise<JsonObject>;
  start(request: RunRequest): Promise<RunHandle>;
  /** Goes on with a run that this or another process left. Secrets are asked for again by name: SECRET_MISSING, unless it may wait for them. */
  resume(run: RunId, secrets: Readonly<Record<string, string>>, options?: ResumeOptions): Promise<RunHandle>;
  /** Values of secrets, all or some, for a run that this engine drives: steps that wait for them begin. RUN_STATE where it drives none. */
  giveSecrets(run: RunId, secrets: Readonly<Record<string, string>>): Promise<void>;
  /** Runs an ended run again, in whole or in part, as another attempt of it. Rejects with what keeps it from that: RUN_STATE. */
  rerun(run: RunId, request: RerunRequest): Promise<RunHandle>;
  /**
   * Has a run do something, whichever process drives it. Where none does, it is kept in the run's journal and takes effect when
   * the run is resumed. Rejects with what keeps it from that: RUN_NOT_FOUND, RUN_STATE, SIGNAL_REFUSED.
   */
  operate(run: RunId, operation: Operation): Promise<{ readonly takesEffect: 'now' | 'when resumed' }>;
  /** RUN_NOT_FOUND. */
  info(run: RunId): Promise<RunInfo>;
  /** The same with its jobs and steps, as far as they have come. Whoever drives the run isn't disturbed. RUN_NOT_FOUND. */
  inspect(run: RunId): Promise<RunDetails>;
  /** Newest first. */
  list(): AsyncIterable<RunInfo>;
  /**
   * Removes an ended run with all that is kept of it, or one that never began. RUN_NOT_FOUND, RUN_STATE while it is in progress. Where
   * `unended` says so, one that nobody drives is not in progress: its machinery broke, and nobody will go on with it.
   */
  remove(run: RunId, options?: { readonly unended?: 'refuse' | 'remove' }): Promise<void>;
  /** For programs that show a run as it goes on, or as it was. */
  readonly readings: RunReadings;
}

/** How a run goes on. */
export interface ResumeOptions {
  /**
   * Where values of its secrets are missing: `refuse` (the default), or `wait`: the run goes on, and only steps that need a missing one wait
   * until it is given. Once their job has failed, or is cancelled, they fail instead.
   */
  readonly missing?: 'refuse' | 'wait';
}

/** A run as it was written down, from any position on. RUN_NOT_FOUND. */
export interface RunReadings {
  /** The state after the event of that sequence, see {@link RecordedEvent}. INVALID_INPUT where there is none. */
  stateAt(run: RunId, sequence: number): Promise<RunDetails>;
  /** The events after a sequence that are there by now, in order; after 0 all of them. */
  events(run: RunId, after: number): AsyncIterable<RecordedEvent>;
  /**
   * The parts of logs after a position that are there by now, in order; after 0 all of them. Read as slowly as one likes.
   * None where agents ship to the server what they log: then they are in its store of shipped logs, which is read beside these.
   */
  logs(run: RunId, after: number): AsyncIterable<RecordedLog>;
  /** The same for who looks for a text in it. Ends early where they have to be read as they are; absent: everywhere. */
  skimLogs?(run: RunId, after: number): AsyncIterable<SkimmedLogs>;
  /**
   * Calls back soon after something may have been written, at most every 100 ms or so, and now and then without a reason, until disposed
   * of. The run may come later.
   */
  watch(run: RunId, changed: () => void): Disposable;
}

/** An event of a run's machine, or of a job's where it names one. Sequences are 1, 2, 3... within a run. */
export interface RecordedEvent {
  readonly sequence: number;
  readonly at: string;
  readonly job?: string;
  readonly type: string;
  readonly event: JsonObject;
}

/** Many parts of logs that follow on each other, as one. */
export interface SkimmedLogs {
  /** Of the last one. */
  readonly position: number;
  /** Of all of them, one after the other, whoever wrote them. */
  readonly text: string;
  /** Each of them ends with a line end. */
  readonly isWhole: boolean;
}

/** A part of a step's log, redacted, not cut at lines. Later ones have higher positions. */
export interface RecordedLog {
  readonly position: number;
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  /** 1, 2, 3... within the step's attempt. */
  readonly sequence: number;
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly text: string;
}

/** What is to run again, and with what. `by` is who asks. */
export interface RerunRequest {
  readonly by: string;
  readonly what: Rerun['what'];
  /** All inputs, checked and with their defaults; absent: as they were. */
  readonly inputs?: JsonObject;
  readonly secrets: Readonly<Record<string, string>>;
}

/** What can be asked of a run in progress. `reason` is in the words of who asks. */
export type Operation =
  /** In order: `always()` steps still run. */
  | { readonly kind: 'cancel'; readonly by: string; readonly reason?: string }
  /** At once: nothing more runs; the run ends cancelled. */
  | { readonly kind: 'terminate'; readonly by: string; readonly reason?: string }
  /** What runs goes on; nothing new begins until resume. */
  | { readonly kind: 'pause'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'resume'; readonly by: string; readonly reason?: string }
  | { readonly kind: 'signal'; readonly signal: Signal };

/** A run as lists show it. Times are RFC 3339 UTC. */
export interface RunInfo {
  readonly run: RunId;
  readonly workflow: string;
  readonly file: string;
  /** `run-name`, evaluated; else the workflow's name. */
  readonly name: string;
  readonly attempt: number;
  readonly status: RunStatus;
  /** True while a process drives it. A run in progress that none drives waits for `run --resume`. */
  readonly driven: boolean;
  readonly created_at: string;
  readonly ended_at?: string;
  /** What it waits for somebody to send. */
  readonly awaits: readonly (AwaitedSignal | AwaitedSecrets)[];
  readonly error?: WaterflowError;
}

/** A run with its jobs, by their keys: in file order, those of a called workflow after the job that calls it. */
export interface RunDetails extends RunInfo {
  readonly plan: Plan;
  /** Those of its last attempt, with their defaults. */
  readonly inputs: JsonObject;
  readonly jobs: Readonly<Record<string, JobDetails>>;
}

/** A job, or one cell or host of it, at any time. */
export interface JobDetails {
  /** Its place among the jobs, from 0: an object's keys that look like numbers come first, whatever their order. */
  readonly index: number;
  readonly name: string;
  /** In its workflow file; the cells and hosts of a job share it. */
  readonly id: string;
  /** The ids of the jobs of its file that it needs. */
  readonly needs: readonly string[];
  /** The key of the job that calls its workflow. Absent: it is the run's own. */
  readonly caller?: string;
  /** `waiting`: see `waits_for`, else for a signal; `blocked`: see `reason`. */
  readonly status: 'waiting' | 'queued' | 'running' | 'blocked' | 'paused' | JobEndStatus;
  readonly waits_for?: 'needs' | 'group' | 'approval' | 'hosts' | 'slot';
  readonly reason?: string;
  /** While it waits for an agent: when it gives up. */
  readonly waits_until?: string;
  readonly attempts: number;
  /** The agent that has it, or had it last. */
  readonly agent?: string;
  /** That agent hasn't been heard of for some seconds, and may be lost. */
  readonly agent_suspect?: true;
  /** Of a host of a fleet: in which wave it starts, from 1. Absent where it is taken over from an earlier attempt. */
  readonly wave?: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly outputs: JsonObject;
  readonly reused?: true;
  readonly environment?: { readonly name: string; readonly url?: string };
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  /** By their keys, as {@link JobSummary.steps}; of those that haven't begun only the job's own. Empty where the job hasn't. */
  readonly steps: Readonly<Record<string, StepDetails>>;
}

/** A step of the last attempt of its job, at any time. */
export interface StepDetails {
  /** Its place among the steps of its job that are shown, from 0, in file order. */
  readonly index: number;
  readonly name: string;
  readonly uses: string;
  readonly status: 'pending' | 'running' | 'waiting' | 'retrying' | 'success' | 'failure' | 'cancelled' | 'skipped';
  /** Once it is over: how it went, and what that came to with `continue-on-error`. */
  /** While it waits for a signal: when it gives up. Absent: never. */
  readonly waits_until?: string;
  readonly outcome?: StepSummary['outcome'];
  readonly conclusion?: StepSummary['conclusion'];
  readonly attempts: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly outputs: JsonObject;
  readonly host_calls: StepSummary['host_calls'];
  /** Which bytes ran. */
  readonly plugin?: PluginIdentity;
  readonly iterations?: IterationCounts;
  readonly reused?: true;
  readonly skip_reason?: SkipReason;
  readonly error?: WaterflowError;
  /** The last lines of the log of a step that failed. */
  readonly last_lines?: readonly string[];
}

/** `waiting`: for a signal or for values of secrets, and nothing else goes on; `blocked`: for a queue that no agent serves. */
export type RunStatus = 'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled';

/** A run in progress. */
export interface RunHandle {
  readonly run: RunId;
  /** What it runs: of a resumed run, the plan that it was started with. */
  readonly plan: Plan;
  /** Every notice from the start of this process's part, in order, ending with `summary`. Iterate once. */
  readonly notices: AsyncIterable<RunNotice>;
  /** In order: `always()` steps still run. */
  cancel(reason: string): void;
  /** At once: nothing more runs; the run ends cancelled. */
  kill(): Promise<void>;
  /** Throws WaterflowFailure with what keeps it from that. */
  operate(operation: Operation): void;
  /** Rejects with WaterflowFailure when the machinery broke. */
  readonly finished: Promise<RunSummary>;
}
