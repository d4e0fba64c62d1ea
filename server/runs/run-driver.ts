import type { Logger } from 'winston';
import type { Engine, RunHandle, RunInfo } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import type { RunRow, RunRows } from '../../storage/records/port.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { ServerClock } from '../parts.ts';
import { type DrivenRun, DrivenRuns } from './driven-runs.ts';
import { errorJson, hasCode } from './failures.ts';
import { followRun } from './following.ts';
import { changesOf } from './row-changes.ts';
import { awaitedSecretsOf, lackingError } from './returned-secrets.ts';
import { createRowWriter, type RowWriter } from './row-writer.ts';
import type { SharedEngine } from './shared-engine.ts';

/** What runs are driven with. */
export interface RunDriverParts {
  readonly engine: Engine;
  readonly rows: RunRows;
  readonly activeRuns: number;
  /** Then rows are written beside the engine: runs are followed only to count what they do. */
  readonly shared?: SharedEngine;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly clock: ServerClock;
  /** One more may have room. */
  readonly roomMade: () => void;
  /** An engine had the run, and the machinery broke. */
  readonly broke: (row: RunRow, cause: unknown) => void;
  /** It has ended, and its row says so. */
  readonly ended: (run: RunId) => void;
}

/** A run that an engine has. */
export interface Begun {
  readonly handle: RunHandle;
  readonly row: RunRow;
}

/** Follows the runs that this server's engine drives, and keeps their rows true until they end. */
export class RunDriver {
  readonly driven: DrivenRuns;
  readonly #parts: RunDriverParts;
  #closed = false;

  constructor(parts: RunDriverParts) {
    this.#parts = parts;
    this.driven = new DrivenRuns(parts.activeRuns);
  }

  /** Nothing more is written: what goes on is left to the next server. */
  close(): void {
    this.#closed = true;
  }

  /**
   * Has the engine begin with a run; resolves when it has it, and rejects with what kept it from that. `begin` gives nothing where there
   * is nothing to do. From then on the run is followed to its end.
   */
  async drive({ run, tenant }: Pick<RunRow, 'run' | 'tenant'>, begin: () => Promise<Begun | undefined>): Promise<void> {
    const taken = Promise.withResolvers<void>();
    const settled = Promise.withResolvers<void>();
    this.driven.add({ run, tenant, status: 'starting', taken: taken.promise, settled: settled.promise });
    const done = (): void => {
      this.driven.remove(run);
      taken.resolve();
      settled.resolve();
      this.#parts.roomMade();
    };
    // Before its first job does.
    const startedAt = this.#parts.clock.now();
    try {
      const begun = await begin();
      if (begun === undefined) return done();
      taken.resolve();
      void this.#follow(begun, startedAt, done);
    } catch (cause) {
      done();
      throw cause;
    }
  }

  async #follow({ handle, row }: Begun, startedAt: number, done: () => void): Promise<void> {
    const { engine, metrics, clock, log, shared } = this.#parts;
    const writer = this.#writerOf(row);
    if (row.started_at === undefined) {
      metrics.runStarted({ tenant: row.tenant, waitedSeconds: Math.max(0, startedAt - row.created_at) / 1000 });
    }
    writer.change({ started_at: row.started_at ?? startedAt });
    const changed = (info: RunInfo): void => this.#changed(info, writer);
    try {
      const end = await followRun(handle, row, { engine, metrics, clock, changed });
      writer.change({
        ...changesOf(end),
        ended_at: endOf(end, clock),
        error: end.error === undefined ? null : errorJson(end.error),
      });
      await writer.flush();
      this.#parts.ended(row.run);
      done();
    } catch (cause) {
      await writer.flush();
      // The engine was closed: the run goes on with the next one.
      if (this.#closed || hasCode(cause, 'CANCELLED')) return done();
      log.warn('a run broke off', { run: row.run, reason: String(cause) });
      done();
      // Of a shared engine only this server's look at it did.
      if (shared === undefined) this.#parts.broke(row, cause);
      else this.#parts.ended(row.run);
    }
  }

  #changed(info: RunInfo, writer: RowWriter): void {
    const driven = this.driven.get(info.run);
    if (driven === undefined || info.ended_at !== undefined) return;
    const before = driven.status;
    driven.status = info.status;
    const lacking = lackingError(info.run, info.awaits);
    this.#noteLacking(driven, awaitedSecretsOf(info.awaits));
    writer.change({
      ...changesOf(info),
      error: lacking === undefined ? null : errorJson(lacking),
    });
    if (before !== info.status) this.#parts.roomMade();
  }

  /** Says once that somebody is to give values. */
  #noteLacking(driven: DrivenRun, secrets: readonly string[]): void {
    const lacks = secrets.length > 0;
    if (lacks && driven.lacks !== true) {
      const { run, tenant } = driven;
      this.#parts.log.warn('a run waits for values of secrets', { run, tenant, secrets });
    }
    driven.lacks = lacks;
  }

  #writerOf(row: RunRow): RowWriter {
    const { rows, clock, log, shared } = this.#parts;
    if (shared !== undefined) return { change: () => {}, flush: async () => {} };
    return createRowWriter(row, { rows, clock, log, isClosed: () => this.#closed });
  }
}

function endOf({ ended_at }: RunInfo, clock: ServerClock): number {
  return ended_at === undefined ? clock.now() : Date.parse(ended_at);
}
