import type {
  AbsolutePath,
  Claim,
  EvaluationResult,
  EvaluationTask,
  StepResult,
  StepTask,
} from '../../schemas/index.ts';

/** What flows between a step and whoever runs it, beside the task. */
export interface ExecutionIo {
  readonly claim: Claim;
  /** Redacted, in order. */
  readonly log: (stream: 'stdout' | 'stderr' | 'log', text: string) => void;
  /** Each host call as it is decided, redacted, for `--json` and the console. */
  readonly onHostCall: (event: HostCallEvent) => void;
  /** Aborting cancels the step in order; the reason is `cancelled` or `timeout`. */
  readonly signal: AbortSignal;
}

/** A host call, for the event stream. */
export interface HostCallEvent {
  readonly capability: string;
  readonly operation: string;
  readonly decision: 'allowed' | 'denied' | 'invalid';
  /** What it was about: `GET https://…`, `git clone …`, `write out/x`. */
  readonly subject: string;
  readonly rule?: string;
  readonly remedy?: string;
}

/** StepTask -> StepResult: the one place where engine and agent meet. Never rejects: what goes wrong is in the result. */
export interface Executor extends AsyncDisposable {
  /** Reserves a slot and makes an empty workspace for a job attempt. */
  claim(request: {
    readonly run: string;
    readonly job: string;
    readonly job_attempt: number;
    readonly keep?: AbsolutePath;
  }): Promise<Claim>;
  /** Empties the workspace and frees the slot. */
  release(claim: Claim): Promise<void>;
  execute(task: StepTask, io: ExecutionIo): Promise<StepResult>;
  evaluate(task: EvaluationTask, claim: Claim): Promise<EvaluationResult>;
}
