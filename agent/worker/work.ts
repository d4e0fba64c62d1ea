import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type Claim,
  type EvaluationTask,
  type JobKey,
  type JsonObject,
  type Plan,
  type RunId,
  type StepResult,
  type StepTask,
  WaterflowFailure,
} from '../../schemas/index.ts';
import type { ExecutionIo, Executor } from '../executor/api.ts';
import { claimGone, outOfTouch, queueNotServed } from './failures.ts';
import type { Fence } from './fence.ts';
import type { AgentActivities, ClaimTask, InterruptTask, ReleaseTask } from './protocol.ts';
import type { JobSlots } from './slots.ts';

/** What an agent does its work with. */
export interface AgentWorkOptions {
  /** The agent's name, unique in its namespace. */
  readonly name: string;
  /** The places of each queue that the agent serves. */
  readonly slots: ReadonlyMap<string, JobSlots>;
  /** Opens the agent's side of a run; disposed when no claim of the run is left. */
  readonly openExecutor: (run: ServedRun) => Promise<Executor>;
  /** Takes the log and the host calls of a step on their way. */
  readonly ship: (task: StepTask) => ShippedStep;
  /** Told whenever a claim was given or ended, with those that there are. */
  readonly onClaims?: (claims: readonly GivenClaim[]) => void;
  /** Watches that Temporal knows of an activity that goes on. */
  readonly fence: (activity: Context) => Fence;
  /** How often it is told that a step goes on, in ms. */
  readonly heartbeatMs: number;
}

/** What goes out of a step while it runs. */
export interface ShippedStep extends Pick<ExecutionIo, 'log' | 'onHostCall'> {
  /** Has the step's result, before it is given: resolves when the log up to there is safe, or with what takes the result's place. */
  readonly ended?: (result: StepResult) => Promise<StepResult>;
  /** The end of its log, for whoever looks at what goes on. */
  readonly tail?: () => string;
}

/** A run of which an agent has claims. */
export interface ServedRun {
  readonly run: RunId;
  /** Absent where it isn't known, or no step of the run is to be carried out. */
  readonly run_attempt?: number;
  readonly tenant: string;
  readonly plan: Plan;
  /** Sealed. */
  readonly secrets: JsonObject;
}

/** An open run: its executor, and how many claims need it. */
interface OpenRun {
  readonly executor: Promise<Executor>;
  claims: number;
}

/** A claim that is given. */
export interface GivenClaim {
  readonly claim: Claim;
  readonly task: ClaimTask;
}

/** Carries out on this machine what jobs ask of an agent. */
export class AgentWork implements AsyncDisposable {
  readonly activities: AgentActivities;
  readonly #options: AgentWorkOptions;
  readonly #runs = new Map<RunId, OpenRun>();
  /** Claims that are given, by their job's attempt. */
  readonly #claims = new Map<string, GivenClaim>();
  readonly #steps = new Map<string, AbortController>();
  /** Steps that were told to end before they came. */
  readonly #interrupted = new Map<string, InterruptTask['reason']>();
  /** What comes of the steps that were begun, for as long as they may be asked for once more. */
  readonly #begun = new Map<string, Promise<StepResult>>();

  constructor(options: AgentWorkOptions) {
    this.#options = options;
    this.activities = {
      claim: (task) => this.#beating(() => this.#claim(task)),
      step: (task, claim) => this.#step(task, claim),
      interrupt: (step) => this.#interrupt(step),
      evaluate: (task, claim) => this.#beating(() => this.#evaluate(task, claim)),
      release: (task) => this.#beating(() => this.#release(task)),
    };
  }

  /** The claims that are given, with what was asked for them. */
  claims(): readonly GivenClaim[] {
    return [...this.#claims.values()];
  }

  /** Ends a claim whose job is gone: nobody will release it. */
  async abandon({ claim, task }: GivenClaim): Promise<void> {
    const { run, job, job_attempt, queue } = task;
    await this.#release({ run, job, job_attempt, queue, claim, workspace: 'remove' });
  }

  /** Kills what still runs of the claims that are left, and removes their workspaces. */
  async end(): Promise<void> {
    const left = this.claims();
    await this[Symbol.asyncDispose]();
    await Promise.allSettled(left.map((given) => this.abandon(given)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = [...this.#runs.values()].map(async ({ executor }) => {
      // One that could not be opened has nothing to close.
      const opened = await executor.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    });
    await Promise.all(closed);
  }

  async #claim(task: ClaimTask): Promise<Claim> {
    const { run, run_attempt, tenant, plan, secrets, job, job_attempt, queue, host, keep } = task;
    // The answer was lost on its way.
    const before = this.#claims.get(claimKey(task));
    if (before !== undefined) return before.claim;
    const slots = this.#slotsOf(queue);
    await slots.take(Context.current().cancellationSignal);
    const attempt = run_attempt === undefined ? {} : { run_attempt };
    const open = this.#open({ run, ...attempt, tenant, plan, secrets });
    try {
      const executor = await open.executor;
      const claim = await executor.claim({
        run,
        job,
        job_attempt,
        ...(host === undefined ? {} : { host }),
        ...(keep === undefined ? {} : { keep: keep.workspace }),
      });
      const given = { ...claim, agent: this.#options.name };
      this.#claims.set(claimKey(task), { claim: given, task });
      this.#options.onClaims?.(this.claims());
      return given;
    } catch (cause) {
      await this.#close(run, open);
      slots.free();
      throw cause;
    }
  }

  /** Does it once: what was begun before is only waited for, since what was told of it was lost on its way. */
  async #step(task: StepTask, claim: Claim): Promise<StepResult> {
    const key = `${stepKey(task)} ${task.run_attempt}`;
    const before = this.#begun.get(key);
    if (before !== undefined) return await this.#beating(() => before);
    const given = this.#claims.get(claimKey(task));
    if (given === undefined)
      return await this.#beating(() => Promise.reject(new WaterflowFailure(claimGone(task.run))));
    const shipped = this.#options.ship(task);
    const performed = this.#perform(task, claim, shipped);
    this.#begun.set(key, performed);
    const forget = (): void => void this.#begun.delete(key);
    // Temporal finds out that it has lost an answer when it has waited for `lost-after`.
    const forgetLater = (): void => void setTimeout(forget, 2 * given.task.lost_after_ms).unref();
    performed.then(forgetLater, forgetLater);
    return await this.#beating(() => performed, shipped.tail);
  }

  async #perform(task: StepTask, claim: Claim, { log, onHostCall, ended }: ShippedStep): Promise<StepResult> {
    const executor = await this.#executorOf(task);
    using fence = this.#options.fence(Context.current());
    const controller = new AbortController();
    const key = stepKey(task);
    this.#steps.set(key, controller);
    const { cancellationSignal } = Context.current();
    const cancel = (): void => controller.abort('cancelled');
    cancellationSignal.addEventListener('abort', cancel, { once: true });
    if (cancellationSignal.aborted) cancel();
    const reason = this.#interrupted.get(key);
    if (reason !== undefined) controller.abort(reason);
    try {
      const kill = fence.lost;
      const result = await executor.execute(task, { claim, signal: controller.signal, kill, log, onHostCall });
      if (!kill.aborted) return ended === undefined ? result : await ended(result);
    } finally {
      cancellationSignal.removeEventListener('abort', cancel);
      this.#steps.delete(key);
    }
    const given = this.#claims.get(claimKey(task));
    if (given !== undefined) await this.abandon(given);
    throw new WaterflowFailure(outOfTouch);
  }

  async #interrupt(step: InterruptTask): Promise<void> {
    const key = stepKey(step);
    const controller = this.#steps.get(key);
    if (controller !== undefined) controller.abort(step.reason);
    // The two come by ways of their own. Who has no such claim is asked for a step that has ended long since.
    else if (this.#claims.has(claimKey(step))) this.#interrupted.set(key, step.reason);
  }

  async #evaluate(task: EvaluationTask, claim: Claim) {
    const executor = await this.#executorOf(task);
    return await executor.evaluate(task, claim);
  }

  async #release(task: ReleaseTask): Promise<void> {
    const { run, claim, workspace, queue, kept } = task;
    if (kept !== undefined && !this.#claims.has(claimKey(task)))
      return await this.#releaseKept({ run, ...kept }, claim);
    const open = this.#runs.get(run);
    const executor = await this.#executorOf(task);
    for (const [key, controller] of this.#steps)
      if (key.startsWith(`${claimKey(task)} `)) controller.abort('cancelled');
    await (workspace === 'remove' ? executor.release(claim) : executor.keep(claim));
    for (const key of this.#interrupted.keys()) if (key.startsWith(`${claimKey(task)} `)) this.#interrupted.delete(key);
    if (!this.#claims.delete(claimKey(task))) return;
    this.#options.onClaims?.(this.claims());
    this.#slotsOf(queue).free();
    if (open !== undefined) await this.#close(run, open);
  }

  /** Of a run that may have no claim here by now. */
  async #releaseKept(served: ServedRun, claim: Claim): Promise<void> {
    const open = this.#open(served);
    try {
      const executor = await open.executor;
      await executor.release(claim);
    } finally {
      await this.#close(served.run, open);
    }
  }

  #open(served: ServedRun): OpenRun {
    const known = this.#runs.get(served.run);
    const open = known ?? { executor: this.#options.openExecutor(served), claims: 0 };
    open.claims += 1;
    this.#runs.set(served.run, open);
    return open;
  }

  async #close(run: RunId, open: OpenRun): Promise<void> {
    open.claims -= 1;
    if (open.claims > 0) return;
    this.#runs.delete(run);
    const executor = await open.executor.catch(() => undefined);
    await executor?.[Symbol.asyncDispose]();
  }

  async #executorOf({ run }: { readonly run: RunId }): Promise<Executor> {
    const open = this.#runs.get(run);
    if (open === undefined) throw new WaterflowFailure(claimGone(run));
    return await open.executor;
  }

  #slotsOf(queue: string): JobSlots {
    const slots = this.#options.slots.get(queue);
    if (slots === undefined) throw new WaterflowFailure(queueNotServed(queue));
    return slots;
  }

  /** Tells Temporal that it goes on, and its failures in the words of our errors. */
  async #beating<Result>(work: () => Promise<Result>, tail?: () => string): Promise<Result> {
    const context = Context.current();
    const beat = setInterval(() => context.heartbeat(tail && { tail: tail() }), this.#options.heartbeatMs);
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure)) throw cause;
      throw ApplicationFailure.create({
        type: 'WaterflowError',
        message: cause.error.message,
        nonRetryable: true,
        details: [cause.error],
      });
    } finally {
      clearInterval(beat);
    }
  }
}

function claimKey({
  run,
  job,
  job_attempt,
}: {
  readonly run: RunId;
  readonly job: JobKey;
  readonly job_attempt: number;
}): string {
  return JSON.stringify([run, job, job_attempt]);
}

function stepKey(step: Pick<InterruptTask, 'run' | 'job' | 'job_attempt' | 'step' | 'attempt'>): string {
  return `${claimKey(step)} ${step.attempt} ${step.step}`;
}
