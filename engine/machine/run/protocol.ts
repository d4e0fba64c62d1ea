import type {
  JobKey,
  Json,
  JsonObject,
  PermissionLayer,
  RunId,
  StepKey,
  WaterflowError,
} from '../../../schemas/index.ts';

/** Facts of a run, or of a workflow that a job of it calls, that never change within an attempt of the run. */
export interface RunFacts {
  readonly run: RunId;
  readonly run_attempt: number;
  readonly tenant: string;
  readonly inputs: JsonObject;
  readonly vars: JsonObject;
  /** Names of the secrets that the run was given, in a called workflow as it names them; never their values. */
  readonly secrets: readonly string[];
  /** In a called workflow: its name of each secret -> the run's name of it. */
  readonly secret_names?: Readonly<Record<string, string>>;
  /** In a called workflow: the permissions of its callers, from the outermost. */
  readonly permissions?: readonly PermissionLayer[];
}

/** What the run machine is told. `at` is ms since the epoch, by the driver's clock. */
export type RunEvent =
  | { readonly type: 'run_started'; readonly at: number; readonly facts: RunFacts }
  | { readonly type: 'job_finished'; readonly at: number; readonly job: JobKey; readonly result: JobResult }
  /** Answers acquire_group. A driver that comes back after a crash asks for held groups again, so it may come twice. */
  | { readonly type: 'group_acquired'; readonly at: number; readonly group: string; readonly member: GroupMember }
  /** Another run or job wants the group: the member, whether it holds the group or waits for it, is cancelled. */
  | {
      readonly type: 'group_superseded';
      readonly at: number;
      readonly group: string;
      readonly member: GroupMember;
      /** Who wants it, for messages. */
      readonly by: string;
    }
  /** Answers list_hosts: the names of the queue's hosts, each once. */
  | { readonly type: 'hosts_known'; readonly at: number; readonly job: string; readonly hosts: readonly string[] }
  | { readonly type: 'hosts_unknown'; readonly at: number; readonly job: string; readonly error: WaterflowError }
  /** A decision over an environment. What {@link signalProblem} refuses changes nothing. */
  | { readonly type: 'signal_received'; readonly at: number; readonly signal: Signal }
  | { readonly type: 'cancel_requested'; readonly at: number; readonly reason: string }
  | { readonly type: 'pause_requested'; readonly at: number; readonly by: string }
  | { readonly type: 'resume_requested'; readonly at: number; readonly by: string }
  /** To a run that has ended. What {@link rerunProblem} refuses changes nothing. */
  | { readonly type: 'rerun_requested'; readonly at: number; readonly by: string; readonly rerun: Rerun }
  | { readonly type: 'timer_fired'; readonly at: number; readonly timer: string };

/** What the run machine asks of its driver. Each is answered by an event or withdrawn by another command. */
export type RunCommand =
  /** Answer: job_finished. A job that has run before, in an earlier attempt of the run, is started anew. */
  | { readonly type: 'start_job'; readonly job: JobKey; readonly start: JobStart }
  /** A started job is to end early: its machine gets cancel_requested and still answers with job_finished. At most once a job. */
  | { readonly type: 'cancel_job'; readonly job: JobKey; readonly reason: string }
  /** The job's machine gets pause_requested or resume_requested. Needs no answer. */
  | { readonly type: 'pause_job'; readonly job: JobKey; readonly by: string }
  | { readonly type: 'resume_job'; readonly job: JobKey; readonly by: string }
  /** Answer: group_acquired or group_superseded. Withdrawn, or ended once it is held, by release_group. */
  | {
      readonly type: 'acquire_group';
      readonly group: string;
      readonly member: GroupMember;
      readonly cancel_in_progress: boolean;
    }
  | { readonly type: 'release_group'; readonly group: string; readonly member: GroupMember }
  /** Answer: hosts_known or hosts_unknown, with `job`. It changes nothing where the job was cancelled meanwhile. */
  | { readonly type: 'list_hosts'; readonly job: string; readonly queue: string }
  /** Somebody may send this signal from now on, until stop_awaiting; each signal_received with its name answers it. */
  | { readonly type: 'await_signal'; readonly awaited: AwaitedSignal }
  | { readonly type: 'stop_awaiting'; readonly name: string }
  /** Answer: timer_fired, at or after `due` (ms since the epoch). Withdrawn by cancel_timer. A timer's name is used once. */
  | { readonly type: 'start_timer'; readonly timer: string; readonly due: number }
  | { readonly type: 'cancel_timer'; readonly timer: string }
  /** The last command of an attempt of the run. */
  | { readonly type: 'finish_run'; readonly status: RunEnd; readonly error?: WaterflowError };

/**
 * Who is in a concurrency group: `@run` for the run, a job's key, or `deploy / @run` for the workflow that a job calls. Unique within the
 * run: no job's id begins with `@`.
 */
export type GroupMember = string;

export type RunEnd = 'success' | 'failure' | 'cancelled';

/** What somebody sent to a run. */
export interface Signal {
  /** As it was awaited. */
  readonly name: string;
  /** Who sent it: the operator's name. */
  readonly by: string;
  readonly payload: Json;
  /** The id of what it is for: else it is for whatever waits for this name when it comes. */
  readonly awaited?: string;
}

/** A signal that a run waits for. */
export type AwaitedSignal = {
  /**
   * Unique within the run while it is awaited. Of an approval: `approval:<job key>` for an environment,
   * `approval:<job key>/<step key>` for a step. Of wait-for@v1: the name that the workflow gives it.
   */
  readonly name: string;
  /**
   * Of this one time that it is awaited, and of no other in the run: `<job key>/<step key>#<job attempt>.<step attempt>`, of an environment
   * `<job key>#<run attempt>`. Absent in what versions before wrote down.
   */
  readonly id?: string;
  readonly job: string;
  readonly step?: StepKey;
} & (
  | {
      /** Its payload is a {@link Decision}. */
      readonly kind: 'approval';
      /** Names; an empty list: anybody. */
      readonly approvers: readonly string[];
      readonly message?: string;
      /** Keys of the earlier steps that it may be pushed back to; none for an environment. */
      readonly push_back_to: readonly StepKey[];
    }
  | {
      readonly kind: 'signal';
      /** JSON Schema of the payload; absent: anything. */
      readonly schema?: JsonObject;
    }
);

/** Values of secrets that a step waits for: somebody is to give them to the run. */
export interface AwaitedSecrets {
  readonly kind: 'secrets';
  /** `secrets:<job key>/<step key>`; unique within the run. */
  readonly name: string;
  readonly job: JobKey;
  readonly step: StepKey;
  /** Their names, as the run has them. */
  readonly secrets: readonly string[];
}

/** The payload of an approval's signal. */
export type Decision =
  | { readonly decision: 'approve' | 'reject'; readonly comment?: string }
  | { readonly decision: 'push-back'; readonly to: StepKey; readonly comment?: string };

/** What is to run again. Everything else is reused as it ended, and marked so; what needs a job that runs again does, too. */
export interface Rerun {
  readonly what:
    | { readonly kind: 'all' }
    /** The jobs that failed or were cancelled, of a matrix only those cells. */
    | { readonly kind: 'failed' }
    /** A job's id (all of its cells or hosts), or the key of one cell, host or called job. */
    | { readonly kind: 'job'; readonly job: string }
    /** From a step on, in the workspace that `keep-workspace` kept. */
    | { readonly kind: 'step'; readonly job: JobKey; readonly step: StepKey }
    /** One iteration of a for-each@v1, and what comes after the loop. */
    | { readonly kind: 'iteration'; readonly job: JobKey; readonly step: StepKey; readonly index: number };
  /** All inputs anew, checked; absent: as they were. */
  readonly inputs?: JsonObject;
  /** Names of the secrets that this attempt is given. */
  readonly secrets: readonly string[];
}

/** All that a job machine needs beside the plan: the job's id and the contexts of its cell. `timeout_ms` is of one job attempt. */
export interface JobStart {
  /** In the plan of its workflow. */
  readonly id: string;
  /** Unique within the run: `build`, `build (linux, 24)`, `deploy @web-3`; in a called workflow with its callers: `release / build`. */
  readonly key: JobKey;
  /** The called workflow that it belongs to (a key of {@link Plan.workflows}). Absent: the root workflow. */
  readonly workflow?: string;
  readonly facts: RunFacts;
  readonly name: string;
  readonly queue: string;
  /** Of a fleet: the host that it runs on. */
  readonly host?: string;
  readonly timeout_ms: number;
  readonly matrix: JsonObject;
  readonly strategy: JsonObject;
  readonly needs: JsonObject;
  /** Its environment, evaluated. */
  readonly environment?: { readonly name: string; readonly url?: string };
  /** It runs again in part: everything before is taken from how its machine ended. */
  readonly rerun?: { readonly step: StepKey; readonly iteration?: number };
}

/** How a job ended. */
export interface JobResult {
  readonly status: 'success' | 'failure' | 'cancelled';
  readonly outputs: JsonObject;
  /** UTF-8 bytes of the outputs of the job and of its steps as JSON, 0 where there are none: the run has a limit over all jobs. */
  readonly output_bytes: number;
  /** 0 where it was cancelled before it started. */
  readonly attempts: number;
  readonly error?: WaterflowError;
  /** `keep-workspace` kept its workspace, so that it can be rerun from a step. */
  readonly workspace_kept?: boolean;
}

/** Why a job or step was skipped: the condition, each context value that it read (long ones cut), the result. */
export interface SkipReason {
  readonly condition: string;
  readonly read: readonly { readonly path: string; readonly value: Json }[];
  readonly result: Json;
}
