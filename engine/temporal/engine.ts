import { isDeepStrictEqual } from 'node:util';
import { type Client, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type JsonObject, type RunId, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds, type RunRecord } from '../../storage/index.ts';
import type { Projection } from '../../storage/projection/port.ts';
import { neverBegan, runGoesOn, runIsOver, secretsMissing } from '../driving/failures.ts';
import type { Addressed } from '../driving/machines.ts';
import { outstandingRunCommands, payloadLimitProblem, type RunFacts } from '../machine/index.ts';
import type {
  Engine,
  Operation,
  RerunRequest,
  RunDetails,
  RunHandle,
  RunInfo,
  RunReadings,
  RunRequest,
} from '../port.ts';
import { type BeginParts, beginRun } from './begin-run.ts';
import { FollowedRuns } from './followed-runs.ts';
import { jobWorkflowId, names, type RunInput } from './protocol.ts';
import { createReadings, type RunLogs, type Watchable } from './readings.ts';
import { useSearchAttributes } from './register-attributes.ts';
import { rerunInput } from './rerun.ts';
import { followRun } from './run-handle.ts';

/** What the engine on Temporal is made of. */
export interface TemporalEngineOptions {
  readonly client: Client;
  readonly projection: Projection & Watchable;
  /** The logs that agents shipped. */
  readonly logs: RunLogs;
  readonly now: () => number;
  /** Unguessable bytes, for run ids. */
  readonly randomBytes: (length: number) => Uint8Array;
  /** The values of a run's secrets, sealed for the agents of the queues that its plan uses. */
  readonly sealSecrets: NonNullable<Engine['seal']>;
}

type SignalOperation = Extract<Operation, { readonly kind: 'signal' }>;

const ownMachine: Addressed['machine'] = { kind: 'run' };

/**
 * The engine for many machines: Temporal carries out the workflow of each run, wherever its workers are, and this is the side of who asks
 * for something. It reads what runs did from the projection, so that it needs no worker to answer.
 */
export function createTemporalEngine(options: TemporalEngineOptions): Engine {
  return new TemporalEngine(options);
}

class TemporalEngine implements Engine {
  readonly readings: RunReadings;
  readonly seal: NonNullable<Engine['seal']>;
  readonly #options: TemporalEngineOptions;
  readonly #nextRun: () => RunId;
  readonly #runs: FollowedRuns;
  readonly #searchAttributes = useSearchAttributes(() => performance.now());
  readonly #left = new AbortController();

  constructor(options: TemporalEngineOptions) {
    this.#options = options;
    this.seal = options.sealSecrets;
    this.#runs = new FollowedRuns(options);
    this.readings = createReadings({ ...options, runs: this.#runs, tails: (followed) => this.#runs.tails(followed) });
    this.#nextRun = createRunIds({ now: options.now, randomBytes: options.randomBytes });
  }

  async start(request: RunRequest): Promise<RunHandle> {
    const run = request.run ?? this.#nextRun();
    if (request.awaited_secrets?.length) throw secretsMissing(run, request.awaited_secrets);
    const { tenant, inputs, vars, settings, secrets, sealed, plan } = request;
    const created_at = Math.floor(this.#options.now());
    // A Plan is JSON by definition; its interfaces only lack JsonObject's index signature.
    const record = { version: 1, run, created_at, tenant, plan: plan as unknown as JsonObject, settings } as const;
    await this.#create(record);
    const facts: RunFacts = {
      run,
      run_attempt: 1,
      tenant,
      inputs,
      vars,
      secrets: sealed?.names ?? Object.keys(secrets),
    };
    const values = sealed?.values ?? (await this.#options.sealSecrets({ plan, tenant, secrets, run }));
    await this.#execute(
      { version: 1, run, plan, secrets: values, begin: { facts } },
      { tenant, reuse: 'REJECT_DUPLICATE' },
    );
    return this.#handle(run, { resumed: false, after: 0 });
  }

  async resume(run: RunId): Promise<RunHandle> {
    const followed = await this.#runs.upToDate(run);
    if (followed.machines.run.state !== 'created')
      return this.#handle(run, { resumed: true, after: followed.sequence });
    // Whoever started it was quicker than its first event.
    if (await this.#isExecuted(run)) return this.#handle(run, { resumed: false, after: 0 });
    throw neverBegan(run);
  }

  /** They came with the run, sealed for its agents: it never waits for them. */
  async giveSecrets(run: RunId): Promise<void> {
    throw new WaterflowFailure({
      code: 'RUN_STATE',
      message: `run ${run} does not wait for secrets`,
      remedy: 'Give them with the submission, or with a rerun.',
    });
  }

  async rerun(run: RunId, request: RerunRequest): Promise<RunHandle> {
    const followed = await this.#runs.upToDate(run);
    const killed = await this.#runs.killed(run);
    const { plan } = followed.machines;
    const { tenant } = followed.record;
    const secrets = await this.#options.sealSecrets({ plan, tenant, run, secrets: request.secrets });
    if (followed.machines.run.state === 'ended' || killed !== undefined) await this.#closed(run);
    const { projection } = this.#options;
    const input = await rerunInput(followed, { request, killed, secrets, projection });
    // What brought it to its end is told to nobody.
    const after = await projection.last(run);
    await this.#execute(input, { tenant, reuse: 'ALLOW_DUPLICATE' });
    // Whoever asked for it sees then that the run goes on, and not how it ended before.
    await this.#runs.shownAfter(run, { attempt: followed.machines.attempt, left: this.#left.signal });
    return this.#handle(run, { resumed: false, after });
  }

  async operate(run: RunId, operation: Operation): Promise<{ readonly takesEffect: 'now' }> {
    try {
      if (operation.kind === 'signal') await this.#signal(run, operation);
      else await this.#update(run, run, operation);
    } catch (cause) {
      if (cause instanceof WaterflowFailure) await this.#lookAgain(run);
      throw cause;
    }
    return { takesEffect: 'now' };
  }

  info(run: RunId): Promise<RunInfo> {
    return this.#runs.info(run);
  }

  inspect(run: RunId): Promise<RunDetails> {
    return this.#runs.details(run);
  }

  async *list(): AsyncGenerator<RunInfo, void, undefined> {
    for await (const run of this.#options.projection.list()) {
      const info = await this.#runs.listed(run);
      if (info !== undefined) yield info;
    }
  }

  async remove(run: RunId, { unended = 'refuse' }: { readonly unended?: 'refuse' | 'remove' } = {}): Promise<void> {
    const info = await this.#runs.listed(run);
    const goesOn = info !== undefined && info.ended_at === undefined;
    if (goesOn && (unended === 'refuse' || (await this.#isRunning(run)))) throw runGoesOn(run);
    await this.#options.projection.remove(run);
    await this.#options.logs.remove(run);
    this.#runs.forget(run);
  }

  /** False for a run whose workflow was ended in Temporal, without a word to anybody. */
  async #isRunning(run: RunId): Promise<boolean> {
    try {
      const { status } = await this.#options.client.workflow.getHandle(run).describe();
      return status.name === 'RUNNING' || status.name === 'PAUSED';
    } catch (cause) {
      if (cause instanceof WorkflowNotFoundError) return false;
      throw cause;
    }
  }

  /** Runs go on without this process. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#left.abort();
  }

  #handle(run: RunId, from: { readonly resumed: boolean; readonly after: number }): Promise<RunHandle> {
    const { projection, logs } = this.#options;
    return followRun(run, {
      ...from,
      projection,
      logs,
      readings: this.readings,
      killed: () => this.#runs.killed(run),
      operate: (operation) => this.operate(run, operation),
      closed: this.#left.signal,
    });
  }

  /** What a run came to is known a moment before its workflow is closed. */
  async #closed(run: RunId): Promise<void> {
    // How it was closed doesn't matter, nor that Temporal has forgotten it by now.
    await this.#options.client.workflow
      .getHandle(run)
      .result()
      .catch(() => {});
  }

  /** One that was written before and didn't begin is the same but for its time. */
  async #create(record: RunRecord): Promise<void> {
    const { projection } = this.#options;
    try {
      await projection.create(record);
    } catch (cause) {
      if (!(cause instanceof WaterflowFailure) || cause.error.code !== 'RUN_STATE') throw cause;
      const { created_at, ...kept } = await projection.record(record.run);
      if (!isDeepStrictEqual({ created_at, ...kept }, JSON.parse(JSON.stringify({ ...record, created_at }))))
        throw cause;
    }
  }

  async #isExecuted(run: RunId): Promise<boolean> {
    try {
      await this.#options.client.workflow.getHandle(run).describe();
      return true;
    } catch (cause) {
      if (cause instanceof WorkflowNotFoundError) return false;
      throw cause;
    }
  }

  async #execute(input: RunInput, how: Pick<BeginParts, 'tenant' | 'reuse'>): Promise<void> {
    const { client } = this.#options;
    await beginRun(input, { client, searchAttributes: this.#searchAttributes, ...how });
  }

  /** Everything that waits for a signal when it comes gets it: a refusal is one where nothing takes it. */
  async #signal(run: RunId, operation: SignalOperation): Promise<void> {
    const { signal } = operation;
    const problem = payloadLimitProblem(signal.payload);
    if (problem !== undefined) throw new WaterflowFailure(problem);
    const { awaiting } = await this.#runs.upToDate(run);
    const receivers = awaiting.receiversOf(signal.name);
    // The run's own workflow says what it waits for instead.
    const told = await Promise.allSettled(
      (receivers.length === 0 ? [ownMachine] : receivers).map((receiver) => this.#hand(run, receiver, operation)),
    );
    const refusals = told.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (refusals.length === told.length) throw refusals[0];
    // What began to wait in the moment between was asked no less than the others.
    const { signals } = await this.#runs.upToDate(run);
    await Promise.allSettled(signals.missedBy(signal).map((receiver) => this.#hand(run, receiver, operation)));
  }

  /**
   * Where the run can't do what it is asked for, it may have been asked before: Temporal that lost its last moments, or was restored from an
   * earlier backup than storage, has workflows that wait for what storage has already. They take that in then.
   */
  async #lookAgain(run: RunId): Promise<void> {
    const { machines } = await this.#runs.upToDate(run);
    const jobs = outstandingRunCommands(machines.run).flatMap((command) =>
      command.type === 'start_job' ? [jobWorkflowId(run, command.job)] : [],
    );
    const { workflow } = this.#options.client;
    // Those that are over needn't.
    await Promise.allSettled([run, ...jobs].map((id) => workflow.getHandle(id).signal(names.behindSignal)));
  }

  #hand(run: RunId, machine: Addressed['machine'], operation: SignalOperation): Promise<void> {
    return this.#update(run, machine.kind === 'run' ? run : jobWorkflowId(run, machine.job), operation);
  }

  async #update(run: RunId, workflow: string, operation: Operation): Promise<void> {
    try {
      await this.#options.client.workflow.getHandle(workflow).executeUpdate(names.operateUpdate, { args: [operation] });
    } catch (cause) {
      if (cause instanceof WorkflowNotFoundError) {
        // RUN_NOT_FOUND where there is none at all.
        await this.#options.projection.record(run);
        throw runIsOver(run);
      }
      const error = cause instanceof WorkflowUpdateFailedError ? refusalIn(cause.cause) : undefined;
      throw error === undefined ? cause : new WaterflowFailure(error, { cause });
    }
  }
}

function refusalIn(cause: unknown): WaterflowError | undefined {
  if (!(cause instanceof ApplicationFailure) || cause.type !== 'WaterflowError') return undefined;
  const [error] = cause.details ?? [];
  // The workflow gave it as the first detail.
  return error as WaterflowError | undefined;
}
