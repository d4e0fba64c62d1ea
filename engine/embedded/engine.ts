import { type JsonObject, type RunId, WaterflowFailure } from '../../schemas/index.ts';
import { createRunIds, type RunStore } from '../../storage/index.ts';
import type { RunFacts } from '../machine/index.ts';
import type { Engine, RunHandle, RunRequest } from '../port.ts';
import type { EmbeddedEngineOptions } from './api.ts';
import { Conductor } from './conductor.ts';
import { engineClosed, secretsMissing } from './failures.ts';
import { finishedRun } from './finished-run.ts';
import { killedAt } from './kill-mark.ts';
import { Machines } from './machines.ts';
import { planOf, type Replayed, replay } from './replay.ts';

/**
 * The engine that needs nothing but this process and a store: each event is durable in the run's journal before anything is
 * done about it, so that a run can be resumed wherever it was cut off.
 */
export function createEmbeddedEngine(options: EmbeddedEngineOptions): Engine {
  return new EmbeddedEngine(options);
}

type Secrets = Readonly<Record<string, string>>;

class EmbeddedEngine implements Engine {
  readonly #options: EmbeddedEngineOptions;
  readonly #nextRun: () => RunId;
  readonly #active = new Set<Conductor>();
  #closed = false;

  constructor(options: EmbeddedEngineOptions) {
    this.#options = options;
    this.#nextRun = createRunIds({ now: () => options.clock.now(), randomBytes: options.randomBytes });
  }

  async start(request: RunRequest): Promise<RunHandle> {
    this.#refuseIfClosed();
    const run = this.#nextRun();
    const { tenant, inputs, vars, settings, secrets } = request;
    const created_at = Math.floor(this.#options.clock.now());
    // A Plan is JSON by definition; its interfaces only lack JsonObject's index signature.
    const plan = request.plan as unknown as JsonObject;
    const store = this.#options.store.create({ version: 1, run, created_at, tenant, plan, settings });
    const parts = { machines: new Machines(request.plan), notBefore: created_at, secrets };
    const conductor = await closingOnFailure(store, () => this.#conduct(store, parts));
    const facts: RunFacts = { run, run_attempt: 1, tenant, inputs, vars, secrets: Object.keys(secrets) };
    conductor.start(facts);
    return conductor;
  }

  async resume(run: RunId, secrets: Secrets): Promise<RunHandle> {
    this.#refuseIfClosed();
    const store = this.#options.store.open(run);
    return closingOnFailure(store, async () => {
      const replayed = replay(store);
      const killed = killedAt(store);
      if (replayed.machines.run.state === 'ended' || killed !== undefined) {
        return finishedRun({ store, replayed, killedAt: killed });
      }
      refuseMissingSecrets(replayed, secrets);
      const parts = { machines: replayed.machines, notBefore: replayed.at, secrets };
      const conductor = await this.#conduct(store, parts);
      void conductor.resume(replayed);
      return conductor;
    });
  }

  /** Leaves what still runs, for a resume; waits until nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#active].map((conductor) => conductor.leave()));
  }

  async #conduct(
    store: RunStore,
    parts: { readonly machines: Machines; readonly notBefore: number; readonly secrets: Secrets },
  ): Promise<Conductor> {
    const { openExecutor, clock } = this.#options;
    const { tenant, settings } = store.record();
    const plan = planOf(store);
    const opened = { run: store.run, folder: store.folder, tenant, plan, secrets: parts.secrets, settings };
    const executor = await openExecutor(opened);
    if (this.#closed) {
      await executor[Symbol.asyncDispose]();
      this.#refuseIfClosed();
    }
    const conductor = new Conductor({ store, executor, clock, ...parts });
    this.#active.add(conductor);
    const forget = (): boolean => this.#active.delete(conductor);
    conductor.finished.then(forget, forget);
    return conductor;
  }

  #refuseIfClosed(): void {
    if (this.#closed) throw new WaterflowFailure(engineClosed);
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
