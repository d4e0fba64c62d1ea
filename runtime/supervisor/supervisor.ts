import { rm } from 'node:fs/promises';
import type { LoadedPlugin } from '../plugin.ts';
import type { ConfinementLevel, InvocationOutcome, InvocationRequest, Supervisor } from './api.ts';
import { memoryClasses, memoryClassFor } from './confinement/memory-class.ts';
import * as errors from './errors.ts';
import type { HostKey } from './host-key.ts';
import { Invocation, type InvocationSurroundings } from './invocation.ts';
import type { HostPool, Lease } from './pool.ts';

/** What a supervisor is put together from. */
export interface SupervisorParts {
  readonly pool: HostPool;
  readonly level: ConfinementLevel;
  readonly missing: readonly string[];
  readonly surroundings: InvocationSurroundings;
  /** Removed at the end. */
  readonly folder: string;
}

/** Gives each invocation a host of its own and tells how it ended. */
export class PooledSupervisor implements Supervisor {
  readonly level: ConfinementLevel;
  readonly missing: readonly string[];
  readonly #parts: SupervisorParts;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.level = parts.level;
    this.missing = parts.missing;
  }

  async invoke(request: InvocationRequest): Promise<InvocationOutcome> {
    if (request.signal.aborted) return errors.cancelled();
    if (request.required_level > this.level) return errors.unavailable(this.#shortfall(request.required_level));
    const key = keyOf(request);
    if (key === undefined) return errors.memoryLimitTooHigh(request.limits.memory_bytes, memoryClasses.at(-1) ?? 0);
    const { pool, surroundings } = this.#parts;
    const lease = await pool
      .acquire(key, request.owner.run, request.signal)
      .catch((error: unknown) => outcomeOfNoHost(error, request.signal));
    if ('kind' in lease) return lease;
    if (lease.isFresh) bind(lease, request.plugin);
    const { outcome } = await new Invocation(lease.host, request, surroundings).run();
    pool.release(lease, key);
    return outcome;
  }

  hosts(): ReturnType<Supervisor['hosts']> {
    return this.#parts.pool.hosts.map((host) => ({
      pid: host.pid,
      runtime: host.kind.runtime,
      calls: host.calls,
      resident_bytes: host.memory()?.resident ?? 0,
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.pool.close();
    await rm(this.#parts.folder, { recursive: true, force: true });
  }

  #shortfall(required: ConfinementLevel): string {
    return `the policy requires confinement level ${required}, this machine gives ${this.level}: ${this.missing.join('; ')}`;
  }
}

/** Undefined where no host can have that much memory. */
function keyOf({ plugin, owner, limits }: InvocationRequest): HostKey | undefined {
  const memoryClass = memoryClassFor(limits.memory_bytes);
  if (memoryClass === undefined) return undefined;
  const { runtime } = plugin.code;
  const run = plugin.origin === 'built-in' ? undefined : owner.run;
  return { tenant: owner.tenant, digest: plugin.identity.digest, runtime, memoryClass, run };
}

/** Gives a host its plugin, for the rest of its life. */
function bind({ host }: Lease, { code }: LoadedPlugin): void {
  if (code.runtime === 'isolate') {
    const { modules, ...header } = code;
    host.sendControl({ t: 'bind', ...header }, JSON.stringify(modules));
  } else {
    const { module, ...header } = code;
    host.sendControl({ t: 'bind', ...header }, module);
  }
}

function outcomeOfNoHost(error: unknown, signal: AbortSignal): InvocationOutcome {
  if (signal.aborted) return errors.cancelled();
  const why = error instanceof Error ? error.message : String(error);
  return errors.unavailable(`no sandbox host could be started: ${why}`);
}
