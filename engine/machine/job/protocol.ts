import type {
  Claim,
  EvaluationResult,
  EvaluationTask,
  StepKey,
  StepResult,
  StepTask,
  WaterflowError,
} from '../../../schemas/index.ts';
import type { AwaitedSignal, JobResult, JobStart, Signal } from '../run/protocol.ts';

/** What the job machine is told. `at` is ms since the epoch, by the driver's clock. */
export type JobEvent =
  /** Also starts a job anew that has ended, in a later attempt of the run; its own attempts count on. */
  | { readonly type: 'job_started'; readonly at: number; readonly start: JobStart }
  | { readonly type: 'agent_claimed'; readonly at: number; readonly job_attempt: number; readonly claim: Claim }
  /**
   * The claim can't be given: the job attempt fails with `error`, as a lost agent does where `error` is of the machinery. WORKSPACE_GONE: there is
   * no workspace any more that it could keep.
   */
  | {
      readonly type: 'claim_refused';
      readonly at: number;
      readonly job_attempt: number;
      readonly error: WaterflowError;
    }
  /** Ends the claim, asked for or held, and answers everything that was outstanding on it. */
  | { readonly type: 'agent_lost'; readonly at: number; readonly job_attempt: number; readonly reason: string }
  | {
      readonly type: 'step_started';
      readonly at: number;
      readonly step: StepKey;
      readonly attempt: number;
      readonly job_attempt: number;
    }
  | {
      readonly type: 'step_finished';
      readonly at: number;
      readonly step: StepKey;
      readonly attempt: number;
      readonly job_attempt: number;
      readonly result: StepResult;
    }
  /**
   * The attempt has not been given to the agent, since the driver lacks the values of these secrets; the next `step_started` says that it
   * is. With none left it waits for the end of a pause alone. Where the job only tidies up, having failed or been cancelled, this
   * answers run_step: the step fails.
   */
  | {
      readonly type: 'secrets_awaited';
      readonly at: number;
      readonly step: StepKey;
      readonly attempt: number;
      readonly job_attempt: number;
      readonly secrets: readonly string[];
    }
  | { readonly type: 'evaluated'; readonly at: number; readonly id: string; readonly result: EvaluationResult }
  /** The agent hasn't been heard of for a while, or is heard of again. It only shows. */
  | {
      readonly type: 'agent_suspect';
      readonly at: number;
      readonly job_attempt: number;
      readonly suspect: boolean;
    }
  /** No agent serves the queue of the claim at the moment (`reason` says what is missing), or one does again. It only shows. */
  | { readonly type: 'queue_blocked'; readonly at: number; readonly job_attempt: number; readonly reason?: string }
  /** What `signalProblem` refuses changes nothing. */
  | { readonly type: 'signal_received'; readonly at: number; readonly signal: Signal }
  | { readonly type: 'timer_fired'; readonly at: number; readonly timer: string }
  /** What runs goes on; no further step begins until resume_requested, or until the job is cancelled. */
  | { readonly type: 'pause_requested'; readonly at: number; readonly by: string }
  | { readonly type: 'resume_requested'; readonly at: number; readonly by: string }
  | { readonly type: 'cancel_requested'; readonly at: number; readonly reason: string };

/** What the job machine asks of its driver. Each is answered by an event or withdrawn by another command. */
export type JobCommand =
  /** Answer: agent_claimed, in an empty workspace for each job attempt; or claim_refused. Withdrawn by release_agent. */
  | {
      readonly type: 'claim_agent';
      readonly queue: string;
      /** Of a fleet: only this host. */
      readonly host?: string;
      readonly job_attempt: number;
      /** Goes on in the workspace that this earlier claim kept. */
      readonly keep?: Claim;
    }
  /**
   * Ends the claim and empties the workspace, or keeps it for a rerun. Needs no answer. It withdraws whatever is outstanding on the claim: the claim
   * itself, a step that still runs (it is killed) or an evaluation; their late answers change nothing.
   */
  | { readonly type: 'release_agent'; readonly job_attempt: number; readonly workspace: 'remove' | 'keep' }
  /** Answers: step_started (once), then step_finished. Before the first of them may come any number of secrets_awaited. */
  | { readonly type: 'run_step'; readonly task: StepTask }
  /** The step still answers with step_finished, unless release_agent withdraws it. One that lacks secrets is withdrawn by this. */
  | {
      readonly type: 'cancel_step';
      readonly step: StepKey;
      readonly attempt: number;
      readonly job_attempt: number;
      readonly reason: 'cancelled' | 'timeout';
    }
  /** Answer: evaluated, with the task's id. Withdrawn by release_agent. */
  | { readonly type: 'evaluate_on_agent'; readonly task: EvaluationTask }
  /** Somebody may send this signal from now on, until stop_awaiting; each signal_received with its name answers it. */
  | { readonly type: 'await_signal'; readonly awaited: AwaitedSignal }
  | { readonly type: 'stop_awaiting'; readonly name: string }
  /** Answer: timer_fired, at or after `due` (ms since the epoch). Withdrawn by cancel_timer. A timer's name is used once. */
  | { readonly type: 'start_timer'; readonly timer: string; readonly due: number }
  | { readonly type: 'cancel_timer'; readonly timer: string }
  /** The last command. The driver hands the result to the run machine as job_finished. */
  | { readonly type: 'finish_job'; readonly result: JobResult };
