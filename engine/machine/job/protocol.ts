import type { Claim, EvaluationResult, EvaluationTask, StepKey, StepResult, StepTask } from '../../../schemas/index.ts';
import type { JobResult, JobStart } from '../run/protocol.ts';

/** What the job machine is told. `at` is ms since the epoch, by the driver's clock. */
export type JobEvent =
  | { readonly type: 'job_started'; readonly at: number; readonly start: JobStart }
  | { readonly type: 'agent_claimed'; readonly at: number; readonly job_attempt: number; readonly claim: Claim }
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
  | { readonly type: 'evaluated'; readonly at: number; readonly id: string; readonly result: EvaluationResult }
  | { readonly type: 'timer_fired'; readonly at: number; readonly timer: string }
  | { readonly type: 'cancel_requested'; readonly at: number; readonly reason: string };

/** What the job machine asks of its driver. Each is answered by an event or withdrawn by another command. */
export type JobCommand =
  /** Answer: agent_claimed, in an empty workspace for each job attempt. Withdrawn by release_agent. */
  | { readonly type: 'claim_agent'; readonly queue: string; readonly job_attempt: number }
  /** Ends the claim and empties the workspace. Needs no answer. */
  | { readonly type: 'release_agent'; readonly job_attempt: number }
  /** Answers: step_started (once), then step_finished. */
  | { readonly type: 'run_step'; readonly task: StepTask }
  /** The step still answers with step_finished. */
  | {
      readonly type: 'cancel_step';
      readonly step: StepKey;
      readonly attempt: number;
      readonly reason: 'cancelled' | 'timeout';
    }
  | { readonly type: 'evaluate_on_agent'; readonly task: EvaluationTask }
  | { readonly type: 'start_timer'; readonly timer: string; readonly due: number }
  | { readonly type: 'cancel_timer'; readonly timer: string }
  | { readonly type: 'finish_job'; readonly result: JobResult };
