import { CancellationScope, condition, isCancellation, sleep, workflowInfo } from '@temporalio/workflow';
import { agentQueue, type InterruptTask } from '../../../agent/worker/protocol.ts';
import type { Claim, EvaluationTask, Plan, StepKey, StepTask, WaterflowError } from '../../../schemas/index.ts';
import type { JobCommand } from '../../machine/index.ts';
import type { JobEvent, JobInput, Untimed } from '../protocol.ts';
import { agentOn } from './agent-activities.ts';
import { engineActivities } from './engine-activities.ts';
import { endOfActivity, isUnheard, isUntaken } from './failures.ts';

type Command<Type extends JobCommand['type']> = Extract<JobCommand, { readonly type: Type }>;

/** What a job begins with, and its run's plan. */
export type PlannedInput = JobInput & { readonly plan: Plan };

/** One attempt of the job, from the moment when it asks for an agent until it gives it back. */
interface Attempt {
  readonly scope: CancellationScope;
  claim?: Claim;
  /** An execution before this one was given it. */
  readonly isRecalled?: boolean;
}

/** Who asks again has waited already, and comes before those that have not, within each of the queue's partitions: 3 is where claims begin. */
const asksAgain = { priorityKey: 2 };

/** What a job has agents do. */
export class Claims {
  readonly #job: PlannedInput;
  readonly #runAttempt: number;
  readonly #lostAfterMs: number;
  readonly #stepName: (step: StepKey) => string;
  readonly #answer: (event: Untimed<JobEvent>) => void;
  readonly #broke: (cause: unknown) => void;
  readonly #attempts = new Map<number, Attempt>();
  #inFlight = 0;

  constructor(
    job: PlannedInput,
    options: {
      /** The attempt of the run to which the job belongs. */
      readonly runAttempt: number;
      readonly lostAfterMs: number;
      /** What a step is called. */
      readonly stepName: (step: StepKey) => string;
      readonly answer: (event: Untimed<JobEvent>) => void;
      /** A defect. */
      readonly broke: (cause: unknown) => void;
    },
  ) {
    this.#job = job;
    this.#runAttempt = options.runAttempt;
    this.#lostAfterMs = options.lostAfterMs;
    this.#stepName = options.stepName;
    this.#answer = options.answer;
    this.#broke = options.broke;
  }

  /** True while nothing is under way, so that the workflow may go on in a new execution. */
  get isIdle(): boolean {
    return this.#inFlight === 0;
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    await condition(() => this.isIdle);
  }

  /** Claims that are not there yet are no longer wanted. */
  withdrawAll(): void {
    for (const { scope } of this.#attempts.values()) scope.cancel();
    this.#attempts.clear();
  }

  /** Knows of a claim that an execution before this one was given. */
  recall(job_attempt: number, claim: Claim): void {
    this.#attempts.set(job_attempt, { scope: new CancellationScope(), claim, isRecalled: true });
  }

  /** True while a claim isn't answered, for as long as all agents are busy, or away. */
  get isWaiting(): boolean {
    return this.#attempts.values().some(({ claim, scope }) => claim === undefined && !scope.consideredCancelled);
  }

  /** Takes back what waits, so that a new execution asks for it again. Who is answered at that moment keeps the claim. */
  standBack(): void {
    for (const { claim, scope } of this.#attempts.values()) if (claim === undefined) scope.cancel();
  }

  /** Asks for an agent; answers agent_claimed or claim_refused. `again`: as an execution before this one did. */
  claim(
    command: Command<'claim_agent'>,
    { again, unheard = 0 }: { readonly again: boolean; readonly unheard?: number },
  ): void {
    const { queue, host, job_attempt, keep } = command;
    const { run, tenant, plan, secrets, key } = this.#job;
    const attempt: Attempt = { scope: new CancellationScope() };
    this.#attempts.set(job_attempt, attempt);
    // A workspace is where it is, and a host is one agent.
    const only = keep?.agent ?? host;
    const { claim } = agentOn(only === undefined ? queue : agentQueue(only), {
      startToCloseTimeout: '1 day',
      heartbeatTimeout: '15 seconds',
      ...(again ? { priority: asksAgain } : {}),
    });
    const task = {
      run,
      run_attempt: this.#runAttempt,
      tenant,
      plan,
      secrets,
      job: key,
      job_attempt,
      queue,
      ...(host === undefined ? {} : { host }),
      ...(keep === undefined ? {} : { keep }),
      lost_after_ms: this.#lostAfterMs,
      workflow_id: workflowInfo().workflowId,
    };
    const look = new CancellationScope();
    this.#follow(async () => {
      try {
        void look
          .run(() => this.#lookForAgents(job_attempt, { queue, again, ...(only === undefined ? {} : { host: only }) }))
          .catch(onlyCancelled);
        const given = await attempt.scope.run(() => claim(task));
        look.cancel();
        attempt.claim = given;
        if (this.#attempts.get(job_attempt) !== attempt)
          return await this.#giveBack(job_attempt, given, { workspace: 'remove' });
        this.#answer({ type: 'agent_claimed', job_attempt, claim: given });
      } catch (cause) {
        look.cancel();
        const isWanted = this.#attempts.get(job_attempt) === attempt;
        // Nothing has begun yet, so any agent will do. Who needs a certain one is told that it is lost.
        if (isUnheard(cause) && only === undefined && isWanted && unheard < mostUnheard) {
          return this.claim(command, { again: true, unheard: unheard + 1 });
        }
        const end = endOfActivity(cause);
        if (end.kind === 'lost') this.#answer({ type: 'agent_lost', job_attempt, reason: end.reason });
        if (end.kind === 'refused') this.#answer({ type: 'claim_refused', job_attempt, error: end.error });
      }
    });
  }

  /** Tells, while a claim waits, whether anybody is there who could give it. */
  async #lookForAgents(
    job_attempt: number,
    { queue, host, again }: { readonly queue: string; readonly host?: string; readonly again: boolean },
  ): Promise<void> {
    // What an execution before this one told may be true no more.
    let isBlocked = again ? undefined : false;
    for (let pause = firstLookMs; ; pause = Math.min(pause * 2, mostPauseMs)) {
      await sleep(pause);
      const serving = await engineActivities.serving(queue, host);
      if ((serving === 0) === isBlocked) continue;
      isBlocked = serving === 0;
      const whom = host === undefined ? `no agent serves the queue ${queue}` : `the agent ${host} is not there`;
      this.#answer({ type: 'queue_blocked', job_attempt, ...(isBlocked ? { reason: whom } : {}) });
    }
  }

  /** Ends a claim: what still runs on it ends, and the workspace is removed, or kept. */
  release({ job_attempt, workspace }: Command<'release_agent'>): void {
    const attempt = this.#attempts.get(job_attempt);
    this.#attempts.delete(job_attempt);
    if (attempt === undefined) return;
    const { claim, scope, isRecalled = false } = attempt;
    scope.cancel();
    if (claim !== undefined) this.#follow(() => this.#giveBack(job_attempt, claim, { workspace, isRecalled }));
  }

  /** Runs an attempt of a step; answers step_finished. */
  run(task: StepTask): void {
    const { step, attempt, job_attempt } = task;
    this.#onClaim(job_attempt, async (claim) => {
      const result = await this.#asking((scheduleToStartTimeout) => {
        const { step: perform } = agentOn(agentQueue(claim.agent), {
          scheduleToStartTimeout,
          // The agent ends a step at its own limit; this is for an agent that doesn't.
          startToCloseTimeout: task.timeout.ms + 5 * 60_000,
          heartbeatTimeout: this.#lostAfterMs,
          summary: `${task.job} / ${this.#stepName(step)}`,
        });
        return perform(task, claim);
      });
      this.#answer({ type: 'step_finished', step, attempt, job_attempt, result });
    });
  }

  /** Asks a step to end; it still answers step_finished. */
  cancel({ step, attempt, job_attempt, reason }: Command<'cancel_step'>): void {
    const claim = this.#attempts.get(job_attempt)?.claim;
    if (claim === undefined) return;
    const task: InterruptTask = { run: this.#job.run, job: this.#job.key, job_attempt, step, attempt, reason };
    const { interrupt } = agentOn(agentQueue(claim.agent), { scheduleToCloseTimeout: this.#lostAfterMs });
    // An agent that doesn't take it is lost, which the step's own heartbeat tells.
    this.#follow(() => interrupt(task).catch(() => {}));
  }

  /** Evaluates what only the agent can; answers evaluated. */
  evaluate(task: EvaluationTask, job_attempt: number): void {
    this.#onClaim(job_attempt, async (claim) => {
      const result = await this.#asking((scheduleToStartTimeout) => {
        const { evaluate } = agentOn(agentQueue(claim.agent), {
          scheduleToStartTimeout,
          startToCloseTimeout: '10 minutes',
          heartbeatTimeout: this.#lostAfterMs,
        });
        return evaluate(task, claim);
      });
      this.#answer({ type: 'evaluated', id: task.id, result });
    });
  }

  /**
   * Asks an agent, and where nothing is heard of that once more: what is on its way when Temporal is killed reaches nobody, while Temporal takes it
   * for delivered. An agent that is there answers at once whether it has begun it, and does nothing twice.
   */
  async #asking<Answer>(ask: (scheduleToStartTimeoutMs: number) => Promise<Answer>): Promise<Answer> {
    let unheard: unknown;
    for (;;) {
      try {
        return await ask(
          unheard === undefined ? this.#lostAfterMs : Math.min(mostAgainMs, this.#lostAfterMs / againShare),
        );
      } catch (cause) {
        if (unheard !== undefined && isUntaken(cause)) throw unheard;
        if (!isUnheard(cause)) throw cause;
        unheard = cause;
      }
    }
  }

  async #giveBack(
    job_attempt: number,
    claim: Claim,
    { workspace, isRecalled = false }: { readonly workspace: 'remove' | 'keep'; readonly isRecalled?: boolean },
  ): Promise<void> {
    const { run, key, queue, tenant, plan, secrets } = this.#job;
    const times = {
      scheduleToCloseTimeout: this.#lostAfterMs,
      heartbeatTimeout: Math.min(mostUnheardMs, this.#lostAfterMs / releases),
    };
    // What was on its way to an agent that didn't get it is sent again; to release twice does no harm.
    const { release } = agentOn(agentQueue(claim.agent), times, releases);
    // An agent that is gone has cleaned up, or does when it comes back.
    await CancellationScope.nonCancellable(() =>
      release({
        run,
        job: key,
        job_attempt,
        queue,
        claim,
        workspace,
        ...(isRecalled && workspace === 'remove' ? { kept: { tenant, plan, secrets } } : {}),
      }),
    ).catch(() => {});
  }

  #onClaim(job_attempt: number, action: (claim: Claim) => Promise<void>): void {
    const attempt = this.#attempts.get(job_attempt);
    const claim = attempt?.claim;
    if (attempt === undefined || claim === undefined) return;
    this.#follow(async () => {
      try {
        await attempt.scope.run(() => action(claim));
      } catch (cause) {
        const end = endOfActivity(cause);
        if (end.kind === 'withdrawn' || this.#attempts.get(job_attempt) !== attempt) return;
        this.#answer({ type: 'agent_lost', job_attempt, reason: end.kind === 'lost' ? end.reason : textOf(end.error) });
      }
    });
  }

  #follow(work: () => Promise<void>): void {
    this.#inFlight += 1;
    void work()
      .catch((cause: unknown) => this.#broke(cause))
      .finally(() => {
        this.#inFlight -= 1;
      });
  }
}

/** So often a claim is asked for once more that was taken and not answered: it may be what agents break on. */
const mostUnheard = 2;
/** An agent that isn't heard of has so long to take what it is asked once more: a share of the job's `lost-after`. */
const mostAgainMs = 5_000;
const againShare = 4;

/** So often a release is sent whose agent says nothing of it for so long. */
const releases = 3;
const mostUnheardMs = 15_000;

/** How soon a claim that waits shows that nobody is there, and how seldom it looks again at most: each look is in the history. */
const firstLookMs = 5_000;
const mostPauseMs = 5 * 60_000;

function onlyCancelled(cause: unknown): void {
  if (!isCancellation(cause)) throw cause;
}

function textOf({ code, message }: WaterflowError): string {
  return `${code}: ${message}`;
}
