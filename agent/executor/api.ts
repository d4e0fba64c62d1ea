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
  /** Aborting kills the step at once, with no time to clean up. */
  readonly kill?: AbortSignal;
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

/** A job attempt that asks for a place to run. */
export interface ClaimRequest {
  readonly run: string;
  readonly job: string;
  readonly job_attempt: number;
  readonly host?: string;
  readonly keep?: AbsolutePath;
}

/**
 * StepTask -> StepResult: the one place where engine and agent meet. execute() and evaluate() never reject: what goes wrong is
 * in the result. Disposing it kills at once whatever still runs and waits until it is gone; workspaces stay, and release()
 * still removes them.
 */
export interface Executor extends AsyncDisposable {
  /** The names of the hosts that serve a queue, each once: what `runs-on` with `hosts` spreads a job over. */
  hosts(queue: string): Promise<readonly string[]>;
  /**
   * Reserves a slot and makes an empty workspace for a job attempt; with `keep`, takes over that workspace as an earlier process
   * left it, or as keep() did. With `host`, on that host only. Rejects with WaterflowFailure, e.g. WORKSPACE_GONE.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /**
   * Removes the workspace and frees the slot; also for a claim that an earlier process made, one that was kept, and one that is
   * released.
   */
  release(claim: Claim): Promise<void>;
  /** Frees the slot. The workspace stays, for a later claim. */
  keep(claim: Claim): Promise<void>;
  /**
   * The names of the secrets that a task's plugin asks for by itself, in its manifest, beside those that its inputs and environment read. None
   * where there is no such plugin.
   */
  secretsNamedBy(task: StepTask): Promise<readonly string[]>;
  execute(task: StepTask, io: ExecutionIo): Promise<StepResult>;
  evaluate(task: EvaluationTask, claim: Claim): Promise<EvaluationResult>;
}
