import { type JsonObject, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds, type RunRecord, type RunStore, type Store } from '../../storage/index.ts';
import {
  driverSilent,
  engineClosed,
  isLocked,
  isNotDriven,
  neverBegan,
  runGoesOn,
  runIsDriven,
  secretsMissing,
} from '../driving/failures.ts';
import { killedAt } from '../driving/kill-mark.ts';
import { Machines } from '../driving/machines.ts';
import { problemOfRerun } from '../driving/rerun-problem.ts';
import { windDown } from '../driving/wind-down.ts';
import { payloadLimitProblem, type Rerun, type RunFacts } from '../machine/index.ts';
import type {
  Engine,
  Operation,
  RerunRequest,
  ResumeOptions,
  RunDetails,
  RunHandle,
  RunInfo,
  RunReadings,
  RunRequest,
} from '../port.ts';
import type { EmbeddedEngineOptions } from './api.ts';
import { cleanUp } from './clean-up.ts';
import { Conductor } from './conductor.ts';
import type { ConductorParts } from './conductor-parts.ts';
import { finishedRun } from './finished-run.ts';
import { inspectRun } from './inspect.ts';
import { ReadSecrets } from './read-secrets.ts';
import { createReadings } from './readings.ts';
import { planOf, type Replayed, replay } from './replay.ts';
import { askDriver } from './requests.ts';
import { RunSecrets, type SecretValues } from './run-secrets.ts';
import { readInfo } from './snapshot.ts';
import { operateUndriven } from './undriven.ts';

/**
 * The engine that needs nothing but this process and a store: each event is durable in the run's journal before anything is
 * done about it, so that a run can be resumed wherever it was cut off.
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): Engine {
  return new EmbeddedEngine(options);
}

type Secrets = SecretValues;

/** How often a run may pass to another process while it is asked for something. */
const mostHandovers = 5;

class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedEngineOptions;
  readonly #nextRun: () => RunId;
  readonly #active = new Map<RunId, Conductor>();
  readonly readings: RunReadings;
  #closed = false;

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
    this.readings = createReadings(options);
    this.#nextRun = createRunIds({ now: () => options.clock.now(), randomBytes: options.randomBytes });
  }

  async start(request: RunRequest): Promise<RunHandle> {
    this.#refuseIfClosed();
    const run = request.run ?? this.#nextRun();
    const { tenant, inputs, vars, settings, secrets: given, awaited_secrets: awaited = [] } = request;
    const secrets = new RunSecrets([...new Set([...Object.keys(given), ...awaited])], given);
    const created_at = Math.floor(this.#options.clock.now());
    // A Plan is JSON by definition; its interfaces only lack JsonObject's index signature.
    const plan = request.plan as unknown as JsonObject;
    const record = { version: 1, run, created_at, tenant, plan, settings } as const;
    const store = await this.#create(record);
    const parts = { machines: new Machines(request.plan), notBefore: created_at, secrets, read: new ReadSecrets() };
    const conductor = await closingOnFailure(store, () => this.#conduct(store, parts, 1));
    const facts: RunFacts = { run, run_attempt: 1, tenant, inputs, vars, secrets: secrets.names };
    conductor.start(facts);
    return conductor;
  }

  async resume(run: RunId, secrets: Secrets, { missing = 'refuse' }: ResumeOptions = {}): Promise<RunHandle> {
    this.#refuseIfClosed();
    const store = this.#options.store.open(run);
    return closingOnFailure(store, async () => {
      const replayed = replay(store);
      const killed = killedAt(store);
      if (replayed.machines.run.state === 'ended' || killed !== undefined) {
        await cleanUp(store, replayed, this.#options);
        return finishedRun({ store, replayed, killedAt: killed });
      }
      if (missing === 'refuse') refuseMissingSecrets(replayed, secrets);
      const conductor = await this.#conductReplayed(store, { replayed, secrets, attempt: replayed.machines.attempt });
      void conductor.resume(replayed);
      return conductor;
    });
  }

  async rerun(run: RunId, request: RerunRequest): Promise<RunHandle> {
    this.#refuseIfClosed();
    const store = openEnded(this.#options.store, run);
    return closingOnFailure(store, async () => {
      const replayed = replay(store);
      const { by, what, inputs, secrets } = request;
      const wound = killedAt(store) === undefined ? [] : windDown(replayed.machines, replayed.at);
      const rerun: Rerun = { what, ...(inputs === undefined ? {} : { inputs }), secrets: Object.keys(secrets) };
      const problem = problemOfRerun(replayed.machines, rerun);
      if (problem !== undefined) throw new WaterflowFailure(problem);
      refuseMissingSecrets(replayed, secrets);
      const attempt = replayed.machines.attempt + 1;
      const conductor = await this.#conductReplayed(store, { replayed, secrets, attempt });
      await conductor.rerun(replayed, { woundDown: wound, request: { type: 'rerun_requested', by, rerun } });
      return conductor;
    });
  }

  async giveSecrets(run: RunId, secrets: Secrets): Promise<void> {
    const conductor = this.#active.get(run);
    if (conductor?.isActive !== true) throw isNotDriven(run);
    conductor.giveSecrets(secrets);
  }

  async operate(run: RunId, operation: Operation): Promise<{ readonly takesEffect: 'now' | 'when resumed' }> {
    const { store, clock, randomBytes } = this.#options;
    refuseOversized(operation);
    for (let handovers = 0; handovers < mostHandovers; handovers += 1) {
      const conductor = this.#active.get(run);
      if (conductor?.isActive === true) {
        conductor.operate(operation);
        return { takesEffect: 'now' };
      }
      await conductor?.finished.catch(() => {});
      const isDriven = (): boolean => store.isOpen(run);
      if (!isDriven()) {
        if (await operateUndriven(run, operation, this.#options)) {
          return { takesEffect: operation.kind === 'terminate' ? 'now' : 'when resumed' };
        }
      } else if (await askDriver(operation, { run, inbox: store.inbox(run), clock, randomBytes, isDriven })) {
        return { takesEffect: 'now' };
      }
    }
    throw driverSilent(run, { taken: false });
  }

  async info(run: RunId): Promise<RunInfo> {
    const conductor = this.#active.get(run);
    // What drives it has it in memory.
    const driven = conductor?.isActive === true ? conductor.info() : undefined;
    const info = driven ?? readInfo(this.#options.store, run);
    if (info === undefined) throw neverBegan(run);
    return info;
  }

  async inspect(run: RunId): Promise<RunDetails> {
    const info = await this.info(run);
    const conductor = this.#active.get(run);
    if (conductor?.isActive === true) return conductor.details(info);
    using reading = this.#options.store.read(run);
    return inspectRun(reading, info);
  }

  async *list(): AsyncGenerator<RunInfo, void, undefined> {
    for (const run of this.#options.store.list().toReversed()) {
      const info = this.#infoIfThere(run);
      if (info !== undefined) yield info;
    }
  }

  async remove(run: RunId, { unended = 'refuse' }: { readonly unended?: 'refuse' | 'remove' } = {}): Promise<void> {
    const { store } = this.#options;
    if (unended === 'refuse') {
      const info = readInfo(store, run);
      if (info !== undefined && info.ended_at === undefined) throw runGoesOn(run);
    }
    try {
      await store.remove(run);
    } catch (cause) {
      throw isLocked(cause) ? runIsDriven(run, cause) : cause;
    }
  }

  /** A run that a process made which died before it could begin is made anew: nothing of it ran. */
  async #create(record: RunRecord): Promise<RunStore> {
    const { store } = this.#options;
    try {
      return store.create(record);
    } catch (cause) {
      const isThere = cause instanceof WaterflowFailure && cause.error.code === 'RUN_STATE';
      if (!isThere || readInfo(store, record.run) !== undefined) throw cause;
      await store.remove(record.run);
      return store.create(record);
    }
  }

  /** Leaves what still runs, for a resume; waits until nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#active.values()].map((conductor) => conductor.leave()));
  }

  #conductReplayed(
    store: RunStore,
    {
      replayed,
      secrets,
      attempt,
    }: { readonly replayed: Replayed; readonly secrets: Secrets; readonly attempt: number },
  ): Promise<Conductor> {
    const { machines, at, read, facts } = replayed;
    const parts = { machines, notBefore: at, read, secrets: new RunSecrets(facts.secrets, secrets) };
    return this.#conduct(store, parts, attempt);
  }

  async #conduct(
    store: RunStore,
    parts: Pick<ConductorParts, 'machines' | 'notBefore' | 'secrets' | 'read'>,
    attempt: number,
  ): Promise<Conductor> {
    const { openExecutor, clock, store: shared } = this.#options;
    const { run, folder } = store;
    const { tenant, settings } = store.record();
    const secretsNow = (): Secrets => parts.secrets.values;
    const executor = await openExecutor({ run, folder, tenant, plan: planOf(store), attempt, secretsNow, settings });
    if (this.#closed) {
      await executor[Symbol.asyncDispose]();
      this.#refuseIfClosed();
    }
    const conductor = new Conductor({ ...parts, store, shared, inbox: shared.inbox(run), executor, clock });
    this.#active.set(run, conductor);
    const forget = (): boolean => this.#active.delete(run);
    conductor.finished.then(forget, forget);
    return conductor;
  }

  /** A run may be removed while runs are listed. */
  #infoIfThere(run: RunId): RunInfo | undefined {
    try {
      return readInfo(this.#options.store, run);
    } catch (cause) {
      if (cause instanceof WaterflowFailure && cause.error.code === 'RUN_NOT_FOUND') return undefined;
      throw cause;
    }
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new WaterflowFailure(engineClosed);
  }
}

/** Before it is written anywhere: another process would take what is too large for nobody's. */
function refuseOversized(operation: Operation): void {
  const problem = operation.kind === 'signal' ? payloadLimitProblem(operation.signal.payload) : undefined;
  if (problem !== undefined) throw new WaterflowFailure(problem);
}

function openEnded(store: Store, run: RunId): RunStore {
  try {
    return store.open(run);
  } catch (cause) {
    throw isLocked(cause) ? runIsDriven(run, cause) : cause;
  }
}

/** Frees the run's lock where nobody will conduct it. */
async function closingOnFailure<Result>(store: RunStore, action: () => Promise<Result>): Promise<Result> {
  try {
    return await action();
  } catch (cause) {
    store[Symbol.dispose]();
    throw cause;
  }
}

/** Only names are in the journal, so the values must be given again; all of them, since any step may read any. */
function refuseMissingSecrets({ facts }: Replayed, secrets: Secrets): void {
  const missing = facts.secrets.filter((name) => !Object.hasOwn(secrets, name));
  if (missing.length > 0) throw secretsMissing(facts.run, missing);
}
