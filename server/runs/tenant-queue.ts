import type { RunId } from '../../schemas/index.ts';

/** A run that waits until an engine takes it. */
export interface QueuedRun {
  readonly run: RunId;
  readonly tenant: string;
  /** `resume`: an engine had it when the server ended. */
  readonly kind: 'start' | 'resume';
}

/**
 * Runs that wait, fairly between tenants: next is a run of the tenant that has the fewest going on, of several such the one that waited
 * longest for its turn; within a tenant those that are to be resumed, then the one that came first.
 */
export class TenantQueue {
  readonly #waiting = new Map<string, { readonly resumed: QueuedRun[]; readonly fresh: QueuedRun[] }>();
  readonly #runs = new Set<RunId>();

  get size(): number {
    return this.#runs.size;
  }

  sizeOf(tenant: string): number {
    const queues = this.#waiting.get(tenant);
    return queues === undefined ? 0 : queues.resumed.length + queues.fresh.length;
  }

  has(run: RunId): boolean {
    return this.#runs.has(run);
  }

  add(entry: QueuedRun): void {
    if (this.#runs.has(entry.run)) return;
    this.#runs.add(entry.run);
    const queues = this.#waiting.get(entry.tenant) ?? { resumed: [], fresh: [] };
    this.#waiting.set(entry.tenant, queues);
    (entry.kind === 'resume' ? queues.resumed : queues.fresh).push(entry);
  }

  /** `going`: how many runs of a tenant are going on; undefined where it may begin no other one. */
  take(going: (tenant: string) => number | undefined): QueuedRun | undefined {
    let best: { readonly tenant: string; readonly count: number } | undefined;
    for (const tenant of this.#waiting.keys()) {
      const count = going(tenant);
      if (count === undefined) continue;
      if (best === undefined || count < best.count) best = { tenant, count };
    }
    if (best === undefined) return undefined;
    const queues = this.#waiting.get(best.tenant);
    const entry = queues?.resumed.shift() ?? queues?.fresh.shift();
    // To the end of the line of tenants.
    this.#waiting.delete(best.tenant);
    if (queues !== undefined && queues.resumed.length + queues.fresh.length > 0) this.#waiting.set(best.tenant, queues);
    if (entry !== undefined) this.#runs.delete(entry.run);
    return entry;
  }

  /** False where it doesn't wait. */
  remove(run: RunId): boolean {
    if (!this.#runs.delete(run)) return false;
    for (const [tenant, { resumed, fresh }] of this.#waiting) {
      const kept = { resumed: resumed.filter((one) => one.run !== run), fresh: fresh.filter((one) => one.run !== run) };
      if (kept.resumed.length + kept.fresh.length === 0) this.#waiting.delete(tenant);
      else if (kept.fresh.length < fresh.length || kept.resumed.length < resumed.length)
        this.#waiting.set(tenant, kept);
    }
    return true;
  }
}
