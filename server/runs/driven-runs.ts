import type { RunStatus } from '../../engine/port.ts';
import type { RunId } from '../../schemas/index.ts';
import { hasShare } from '../fair-shares.ts';

/** A run that this server has an engine drive, or is about to. */
export interface DrivenRun {
  readonly run: RunId;
  readonly tenant: string;
  /** What it is at; `starting` until an engine has it. */
  status: RunStatus | 'starting';
  /** A step of it waits for values of secrets. */
  lacks?: boolean;
  /** Resolves when an engine has it, or won't. */
  readonly taken: Promise<void>;
  /** Resolves when this server is done with it for now. */
  readonly settled: Promise<void>;
}

/** Runs that wait for a person, a queue or a concurrency group may be many times those that work. */
const restingPerActive = 10;

/** One tenant has nine tenths of the places at most. */
const tenantGreed = 9;

/** Which runs go on, and how many of each tenant. A run that only waits for somebody takes no place from those that could work. */
export class DrivenRuns {
  readonly #mostBusy: number;
  readonly #runs = new Map<RunId, DrivenRun>();

  constructor(mostBusy: number) {
    this.#mostBusy = mostBusy;
  }

  get size(): number {
    return this.#runs.size;
  }

  /** How many wait for values of secrets, whatever else goes on in them. */
  get lacking(): number {
    return this.#count(({ lacks }) => lacks === true);
  }

  get(run: RunId): DrivenRun | undefined {
    return this.#runs.get(run);
  }

  add(driven: DrivenRun): void {
    this.#runs.set(driven.run, driven);
  }

  remove(run: RunId): void {
    this.#runs.delete(run);
  }

  /** Whether a tenant may begin one more. One that ran before doesn't wait in line: it may, up to twice as many. */
  hasRoom(tenant: string, kind: 'new' | 'again' = 'new'): boolean {
    const most = kind === 'new' ? this.#mostBusy : 2 * this.#mostBusy;
    const busy = { held: this.busyOf(tenant), taken: this.#count(isBusy), most };
    const held = this.#count((one) => one.tenant === tenant);
    const all = { held, taken: this.#runs.size, most: this.#mostBusy * restingPerActive };
    return hasShare(busy, tenantGreed) && hasShare(all, tenantGreed);
  }

  busyOf(tenant: string): number {
    return this.#count((one) => one.tenant === tenant && isBusy(one));
  }

  #count(matches: (run: DrivenRun) => boolean): number {
    let count = 0;
    for (const run of this.#runs.values()) if (matches(run)) count += 1;
    return count;
  }
}

function isBusy({ status }: DrivenRun): boolean {
  return status === 'starting' || status === 'running';
}
