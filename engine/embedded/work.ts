import type { ClaimRequest, Executor, HostCallEvent } from '../../agent/executor/api.ts';
import {
  assertNever,
  type Claim,
  type EvaluationTask,
  type JobKey,
  type RunId,
  type StepResult,
  type StepTask,
  type WaterflowError,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { LogSegment } from '../../storage/index.ts';
import { cancelledError, internalError, reasonOf, timedOutError } from '../driving/failures.ts';
import { type StepName, stepOf } from '../driving/step-name.ts';
import type { JobCommand, JobEvent, RunEvent } from '../machine/index.ts';

/** Where the work of a job's attempts reports to. Called only after what asked for it has returned. */
export interface WorkReports {
  readonly answer: (job: JobKey, event: WithoutTime<JobEvent>) => void;
  readonly answerRun: (event: WithoutTime<RunEvent>) => void;
  readonly log: (task: StepTask, part: Pick<LogSegment, 'sequence' | 'stream' | 'text'>) => void;
  readonly hostCall: (task: StepTask, event: HostCallEvent) => void;
  /** The agent could not remove what a job left there. Nothing waits for that: the run goes on. */
  readonly leftBehind: (job: JobKey, reason: string) => void;
  /** The agent's side broke where it must not. */
  readonly broken: (cause: unknown) => void;
}

/** Why a step is told to end. */
export type CancelReason = 'cancelled' | 'timeout';

/** An event, before the driver says when it happened. */
export type WithoutTime<Event> = Event extends unknown ? Omit<Event, 'at'> : never;

/** One attempt of a job on the agent: its claim and what runs on it. A job has one at a time. */
interface Attempt {
  readonly job_attempt: number;
  /** Undefined once the claim was refused. */
  claim: Promise<Claim | undefined>;
  released: boolean;
  /** What runs, by `step#attempt`. */
  readonly running: Map<string, AbortController>;
  readonly settling: Set<Promise<void>>;
}

/** A claim, and the attempt of the job that it is for. */
export interface HeldClaim {
  readonly job_attempt: number;
  readonly claim: Claim;
}

type ClaimCommand = Extract<JobCommand, { readonly type: 'claim_agent' }>;
type ReleaseCommand = Extract<JobCommand, { readonly type: 'release_agent' }>;
/** What becomes of a workspace that is released. */
export type WorkspaceEnd = ReleaseCommand['workspace'];

/** Carries out on the agent what job machines ask for. */
export class Work {
  readonly #run: RunId;
  readonly #executor: Executor;
  readonly #reports: WorkReports;
  readonly #attempts = new Map<JobKey, Attempt>();
  /** Claims whose workspaces were kept for a rerun; a job keeps one at most. */
  readonly #kept = new Map<JobKey, Claim>();
  readonly #settling = new Set<Promise<void>>();
  readonly #stopped = Promise.withResolvers<undefined>();

  constructor(run: RunId, executor: Executor, reports: WorkReports) {
    this.#run = run;
    this.#executor = executor;
    this.#reports = reports;
  }

  /** Asks for an agent; answers agent_claimed or claim_refused. */
  claim(job: JobKey, { job_attempt, host, keep }: ClaimCommand): void {
    const attempt = this.#newAttempt(job, job_attempt);
    const request = {
      run: this.#run,
      job,
      job_attempt,
      ...(host === undefined ? {} : { host }),
      ...(keep === undefined ? {} : { keep: keep.workspace }),
    };
    attempt.claim = this.#request(request).then(
      (claim) => {
        if (keep !== undefined) this.#kept.delete(job);
        if (!attempt.released) this.#reports.answer(job, { type: 'agent_claimed', job_attempt, claim });
        return claim;
      },
      (cause: unknown) => {
        this.#reports.answer(job, { type: 'claim_refused', job_attempt, error: errorOf(cause) });
        return undefined;
      },
    );
    this.#track(attempt.claim);
  }

  /** Takes over the workspace of a claim that a process before this one held; answers agent_lost if that can't be. */
  async reclaim(job: JobKey, { job_attempt, claim: earlier }: HeldClaim): Promise<void> {
    const attempt = this.#newAttempt(job, job_attempt);
    const request = { run: this.#run, job, job_attempt, keep: earlier.workspace };
    attempt.claim = this.#request(request).catch((cause: unknown) => {
      this.#reports.answer(job, { type: 'agent_lost', job_attempt, reason: errorOf(cause).message });
      return undefined;
    });
    this.#track(attempt.claim);
    await attempt.claim;
  }

  /** Knows from now on of a workspace that a process before this one kept. */
  recall(job: JobKey, { claim }: HeldClaim): void {
    this.#kept.set(job, claim);
  }

  /** Removes the workspace of a claim that was released, perhaps, before this process came. */
  async releaseEarlier(claim: Claim): Promise<void> {
    // Whoever released it first has told of what it left, and it can't be in the way: a new workspace gets a folder of its own.
    await this.#executor.release(claim).catch(() => {});
  }

  /** Ends a claim: what still runs on it is cancelled, and once it has ended the workspace is removed, or kept. */
  release(job: JobKey, { job_attempt, workspace }: Omit<ReleaseCommand, 'type'>): void {
    const attempt = this.#attempts.get(job);
    if (attempt?.job_attempt !== job_attempt) {
      if (workspace === 'remove') this.#removeKept(job);
      return;
    }
    this.#attempts.delete(job);
    attempt.released = true;
    abortAll(attempt);
    this.#track(this.#endClaim(job, attempt, workspace));
  }

  /** Asks which hosts serve a queue; answers hosts_known or hosts_unknown. */
  listHosts(job: string, queue: string): void {
    const asked = this.#executor.hosts(queue).then(
      (hosts) => this.#reports.answerRun({ type: 'hosts_known', job, hosts }),
      (cause: unknown) => this.#reports.answerRun({ type: 'hosts_unknown', job, error: errorOf(cause) }),
    );
    this.#track(asked);
  }

  /** Runs an attempt of a step; answers step_finished. */
  run(task: StepTask): void {
    const controller = new AbortController();
    const key = stepKey(task);
    const attempt = this.#onClaim(task.job, async (claim) => {
      const result = await this.#execute(task, claim, controller.signal);
      attempt?.running.delete(key);
      this.#reports.answer(task.job, { type: 'step_finished', ...stepOf(task), result });
    });
    attempt?.running.set(key, controller);
  }

  /** Asks a step to end; it still answers step_finished. */
  cancel(job: JobKey, step: StepName, reason: CancelReason): void {
    const attempt = this.#attempts.get(job);
    if (attempt?.job_attempt === step.job_attempt) attempt.running.get(stepKey(step))?.abort(reason);
  }

  /** Evaluates what only the agent can; answers evaluated. */
  evaluate(task: EvaluationTask): void {
    this.#onClaim(task.job, async (claim) => {
      const result = await this.#executor
        .evaluate(task, claim)
        .catch((cause: unknown) => ({ error: internalError('an evaluation on the agent broke', cause) }));
      this.#reports.answer(task.job, { type: 'evaluated', id: task.id, result });
    });
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling);
  }

  /** Kills whatever runs, at once, and waits until it is gone. Workspaces stay as they are for a resume. */
  async stop(): Promise<void> {
    this.#stopped.resolve(undefined);
    for (const attempt of this.#attempts.values()) abortAll(attempt);
    await this.#executor[Symbol.asyncDispose]();
    await this.settled();
  }

  /** Ends every claim, and waits until that is done. */
  async releaseAll(endOf: (job: JobKey) => WorkspaceEnd): Promise<void> {
    for (const [job, { job_attempt }] of this.#attempts) this.release(job, { job_attempt, workspace: endOf(job) });
    await this.settled();
  }

  #newAttempt(job: JobKey, job_attempt: number): Attempt {
    const claim = Promise.resolve(undefined);
    const attempt: Attempt = { job_attempt, claim, released: false, running: new Map(), settling: new Set() };
    this.#attempts.set(job, attempt);
    return attempt;
  }

  /** A claim may wait for a slot for as long as others run; stop() ends the wait. */
  async #request(request: ClaimRequest): Promise<Claim> {
    const asked = this.#executor.claim(request);
    const given = await Promise.race([asked, this.#stopped.promise]);
    if (given !== undefined) return given;
    if (request.keep === undefined) asked.then((late) => this.#executor.release(late)).catch(() => {});
    throw new WaterflowFailure(cancelledError(`job ${request.job}`));
  }

  /** Does nothing before the job's claim is there, and nothing at all once it was released or refused. */
  #onClaim(job: JobKey, action: (claim: Claim) => Promise<void>): Attempt | undefined {
    const attempt = this.#attempts.get(job);
    if (attempt === undefined) return undefined;
    const act = async (): Promise<void> => {
      const claim = await attempt.claim;
      if (claim !== undefined && !attempt.released) await action(claim);
    };
    const done = act();
    attempt.settling.add(done);
    this.#track(done.finally(() => attempt.settling.delete(done)));
    return attempt;
  }

  async #execute(task: StepTask, claim: Claim, signal: AbortSignal): Promise<StepResult> {
    if (signal.aborted) return endedBeforeItBegan(task, signal.reason);
    let sequence = 0;
    try {
      return await this.#executor.execute(task, {
        claim,
        signal,
        log: (stream, text) => {
          sequence += 1;
          this.#reports.log(task, { sequence, stream, text });
        },
        onHostCall: (event) => this.#reports.hostCall(task, event),
      });
    } catch (cause) {
      const error = internalError(`the executor broke while it ran step ${task.step}`, cause);
      return { outcome: 'failure', error, outputs: {}, host_calls: noHostCalls };
    }
  }

  #removeKept(job: JobKey): void {
    const kept = this.#kept.get(job);
    if (kept === undefined) return;
    this.#kept.delete(job);
    this.#track(this.#tidy(job, this.#executor.release(kept)));
  }

  async #tidy(job: JobKey, work: Promise<void>): Promise<void> {
    await work.catch((cause: unknown) => this.#reports.leftBehind(job, reasonOf(cause)));
  }

  async #endClaim(job: JobKey, attempt: Attempt, workspace: WorkspaceEnd): Promise<void> {
    const claim = await attempt.claim;
    await Promise.allSettled(attempt.settling);
    if (claim === undefined) return;
    if (workspace === 'remove') return await this.#tidy(job, this.#executor.release(claim));
    this.#kept.set(job, claim);
    await this.#tidy(job, this.#executor.keep(claim));
  }

  #track(work: Promise<unknown>): void {
    const tracked: Promise<void> = work.then(
      () => undefined,
      (cause: unknown) => this.#reports.broken(cause),
    );
    this.#settling.add(tracked);
    void tracked.finally(() => this.#settling.delete(tracked));
  }
}

function abortAll(attempt: Attempt): void {
  for (const controller of attempt.running.values()) controller.abort('cancelled');
}

/** The result of a step that was told to end before an agent had it. */
export function endedBeforeItBegan(task: StepTask, reason: CancelReason): StepResult {
  const rest = { outputs: {}, host_calls: noHostCalls };
  switch (reason) {
    case 'cancelled':
      return { outcome: 'cancelled', error: cancelledError(`step ${task.step}`), ...rest };
    case 'timeout':
      return { outcome: 'failure', class: 'timeout', error: timedOutError(task.step), ...rest };
    default:
      return assertNever(reason);
  }
}

const noHostCalls = { allowed: 0, denied: 0 };

function stepKey(step: Pick<StepTask, 'step' | 'attempt'>): string {
  return `${step.attempt} ${step.step}`;
}

function errorOf(cause: unknown): WaterflowError {
  return cause instanceof WaterflowFailure ? cause.error : internalError('the agent gave no workspace', cause);
}

/** Where the log of the attempt that a task is belongs. */
export function logAddressOf(task: StepTask): Pick<LogSegment, 'job' | 'step' | 'job_attempt' | 'attempt'> {
  return { job: task.job, ...stepOf(task) };
}
