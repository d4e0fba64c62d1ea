import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'winston';
import type { Engine, RerunRequest, RunHandle } from '../../engine/port.ts';
import type { JsonObject, RunId } from '../../schemas/index.ts';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { ServerLimits } from '../config.ts';
import { hasShare } from '../fair-shares.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerClock } from '../parts.ts';
import {
  closing,
  errorJson,
  errorOf,
  hasCode,
  neverBegan,
  noRoom,
  notEnded,
  reasonOf,
  tooManyWait,
} from './failures.ts';
import type { HeldSecrets } from './held-secrets.ts';
import type { Plans } from './plans.ts';
import { RunDriver } from './run-driver.ts';
import type { SharedEngine } from './shared-engine.ts';
import { type QueuedRun, TenantQueue } from './tenant-queue.ts';

/** A run whose machinery broke is gone on with after so long, then after twice that, up to the second. */
const firstRetryMs = 5_000;
const lastRetryMs = 300_000;

/** Nobody waits for longer until the end of a run is written. */
const mostSettlingMs = 2_000;

/**
 * Beginning a run writes to the disk, and nothing else goes on meanwhile. A request takes about three turns of the event loop to be
 * answered: where many runs wait, it must not wait for one of them in each.
 */
const turnsForRequests = 4;

/** Of what may wait one tenant has nine tenths at most. */
const tenantGreed = 9;

/** What runs are dispatched with. */
export interface DispatcherParts {
  readonly engine: Engine;
  readonly rows: RunRows;
  readonly plans: Plans;
  readonly secrets: HeldSecrets;
  /** Other servers hand runs to the engine, too. */
  readonly shared?: SharedEngine;
  /** What a run's engine keeps for its executor. */
  readonly settingsOf: (row: RunRow) => JsonObject;
  readonly activeRuns: number;
  /** As many may wait for that, nine tenths of them of one tenant. */
  readonly limits: Pick<ServerLimits, 'queuedRuns'>;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: ServerClock;
}

/** Hands runs that wait to the engine, as many as there is room for. */
export class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #queue = new TenantQueue();
  readonly #driver: RunDriver;
  /** Runs whose machinery broke, while they wait to go on. */
  readonly #broken = new Map<RunId, () => void>();
  /** How long they waited last. */
  readonly #delays = new Map<RunId, number>();
  /** Runs that are about to end without having begun. */
  readonly #leaving = new Set<RunId>();
  #pumping = false;
  #closed = false;

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#driver = new RunDriver({
      ...parts,
      roomMade: () => this.#pump(),
      broke: (row, cause) => this.#later(row, cause),
      ended: (run) => this.#forget(run),
    });
    parts.metrics.gauge('waterflow_runs_waiting', 'Runs that wait until an engine takes them.', () => this.#queue.size);
    parts.metrics.gauge('waterflow_runs_driven', 'Runs that an engine drives.', () => this.#driver.driven.size);
    parts.metrics.gauge(
      'waterflow_runs_awaiting_secrets',
      'Runs in which a step waits for values of secrets.',
      () => this.#driver.driven.lacking,
    );
  }

  /** True while this server has something to do with a run, by and by. */
  knows(run: RunId): boolean {
    return (
      this.#queue.has(run) || this.isDriven(run) || [this.#broken, this.#leaving].some((waiting) => waiting.has(run))
    );
  }

  /** Throws SERVER_UNAVAILABLE where no further run of a tenant may wait. What was acknowledged waits all the same. */
  requireRoom(tenant: string): void {
    const { limits, metrics } = this.#parts;
    const held = this.#queue.sizeOf(tenant);
    if (hasShare({ held, taken: this.#queue.size, most: limits.queuedRuns }, tenantGreed)) return;
    metrics.shed({ reason: 'runs' });
    throw tooManyWait();
  }

  /** Has a run wait for its turn, unless it does already or goes on. */
  enqueue(entry: QueuedRun): void {
    if (this.#closed || this.knows(entry.run)) return;
    this.#queue.add(entry);
    this.#pump();
  }

  /**
   * Has a run wait no more; `action` makes sure that it never will again. False where an engine has it or is about to: then it isn't
   * called.
   */
  async withdraw(run: RunId, action: () => Promise<void>): Promise<boolean> {
    if (this.#driver.driven.get(run) !== undefined || this.#leaving.has(run)) return false;
    this.#queue.remove(run);
    this.#broken.get(run)?.();
    this.#forget(run);
    this.#leaving.add(run);
    try {
      await action();
      return true;
    } finally {
      this.#leaving.delete(run);
    }
  }

  /** Resolves when an engine has the run, or won't. */
  async taken(run: RunId): Promise<void> {
    await this.#driver.driven.get(run)?.taken;
  }

  /** Resolves when a run that waits for its turn has had it. */
  async begun(entry: QueuedRun): Promise<void> {
    this.enqueue(entry);
    while (this.#queue.has(entry.run) && !this.#closed) await setImmediate();
    await this.taken(entry.run);
  }

  /** True while an engine of this server has the run, or is about to. */
  isDriven(run: RunId): boolean {
    return this.#driver.driven.get(run) !== undefined;
  }

  /** Resolves when the row says that a run has ended of which the engine says so, or the store takes too long to write that. */
  async settled(run: RunId): Promise<void> {
    const driven = this.#driver.driven.get(run);
    // One that is starting runs again.
    if (driven === undefined || driven.status === 'starting') return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = this.#parts.clock.after(mostSettlingMs, resolve);
    await Promise.race([driven.settled, late]);
    stop();
  }

  /**
   * Runs an ended run again. Its row says so first, so that a crash in between loses nothing. Values of secrets are held once it is this
   * request's to run: one that comes too late neither changes nor takes those of the attempt that was first.
   */
  async rerun(row: RunRow, request: RerunRequest): Promise<void> {
    if (this.#closed) throw closing();
    if (!this.#driver.driven.hasRoom(row.tenant, 'again')) throw noRoom();
    // Somebody else was first.
    if (this.knows(row.run)) throw notEnded(row.run);
    const { rows, engine, secrets } = this.#parts;
    const { ended_at = null, error = null, status, request: before } = row;
    const names = [...new Set([...before.secrets, ...Object.keys(request.secrets)])];
    const again: RunRow = { ...row, status: 'queued', request: { ...before, secrets: names } };
    // Nothing is awaited between this and what makes the run known.
    secrets.hold(row.run, request.secrets);
    await secrets.forgetOnFailure(row.run, () =>
      this.#driver.drive(again, async () => {
        await rows.update(row.run, { status: 'queued', ended_at: null, error: null, request: again.request });
        try {
          return { handle: await engine.rerun(row.run, request), row: again };
        } catch (cause) {
          await rows.update(row.run, { status, ended_at, error, request: before });
          throw hasCode(cause, 'RUN_NOT_FOUND') ? neverBegan(row.run) : cause;
        }
      }),
    );
  }

  close(): void {
    this.#closed = true;
    this.#driver.close();
    for (const cancel of this.#broken.values()) cancel();
  }

  #pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    void this.#launchWhileRoom().finally(() => {
      this.#pumping = false;
    });
  }

  async #launchWhileRoom(): Promise<void> {
    const { driven } = this.#driver;
    while (!this.#closed) {
      const entry = this.#queue.take((tenant) => (driven.hasRoom(tenant) ? driven.busyOf(tenant) : undefined));
      if (entry === undefined) return;
      void this.#launch(entry);
      for (let turn = 0; turn < turnsForRequests; turn += 1) await setImmediate();
    }
  }

  async #launch(entry: QueuedRun): Promise<void> {
    let row: RunRow | undefined;
    try {
      await this.#driver.drive(entry, async () => {
        row = await this.#parts.rows.get(entry.run);
        if (row === undefined || row.ended_at !== undefined) return undefined;
        const handle = await this.#begin(row);
        return handle && { handle, row };
      });
    } catch (cause) {
      if (this.#closed) return;
      this.#parts.log.warn('a run could not be taken', { run: entry.run, reason: reasonOf(cause) });
      if (row !== undefined) this.#later(row, cause);
    }
  }

  /** Values of secrets that a server before this one had are gone with it: what needs one waits until it is given again. */
  async #begin(row: RunRow): Promise<RunHandle | undefined> {
    const { engine, secrets, shared } = this.#parts;
    // Of a shared engine another server was first.
    if (shared !== undefined && row.status !== 'accepted') return undefined;
    const resume = (): Promise<RunHandle> => engine.resume(row.run, secrets.of(row.run), { missing: 'wait' });
    if (row.status !== 'accepted') return resume();
    try {
      return await this.#start(row);
    } catch (cause) {
      // An engine had it when the server ended, and its row didn't say so yet.
      if (hasCode(cause, 'RUN_STATE')) return shared === undefined ? resume() : undefined;
      throw cause;
    }
  }

  async #start(row: RunRow): Promise<RunHandle> {
    const { engine, plans, secrets, settingsOf } = this.#parts;
    const { run, tenant, request } = row;
    const plan = await plans.get(request.plan);
    const { inputs, vars, sealed } = request;
    const given =
      sealed === undefined
        ? { secrets: secrets.of(run), awaited_secrets: secrets.missing(run, request.secrets) }
        : { secrets: {}, sealed: { names: request.secrets, values: sealed } };
    return engine.start({ run, plan, tenant, inputs, vars, ...given, settings: settingsOf(row) });
  }

  /** What only time heals is tried again; of what nothing heals the run ends. */
  #later(row: RunRow, cause: unknown): void {
    const { clock } = this.#parts;
    const { run, tenant } = row;
    if (!hasCode(cause, 'RUN_LOCKED', 'STORAGE_FULL', 'STORAGE_FAILED', 'SERVER_UNAVAILABLE')) {
      void this.#end(row, cause);
      return;
    }
    const delay = this.#delays.get(run) ?? firstRetryMs;
    this.#delays.set(run, Math.min(delay * 2, lastRetryMs));
    const cancel = clock.after(delay, () => {
      this.#broken.delete(run);
      this.enqueue({ run, tenant, kind: 'resume' });
    });
    this.#broken.set(run, cancel);
    void this.#note(run, { error: errorJson(errorOf(cause)) });
  }

  async #end(row: RunRow, cause: unknown): Promise<void> {
    const ended_at = this.#parts.clock.now();
    await this.#note(row.run, { status: 'failure', ended_at, error: errorJson(errorOf(cause)) });
    this.#forget(row.run);
  }

  async #note(run: RunId, changes: Parameters<RunRows['update']>[1]): Promise<void> {
    try {
      await this.#parts.rows.update(run, changes);
    } catch (cause) {
      this.#parts.log.error('the end of a run could not be written', { run, reason: reasonOf(cause) });
    }
  }

  #forget(run: RunId): void {
    this.#broken.delete(run);
    this.#delays.delete(run);
    this.#parts.secrets.forget(run);
  }
}
