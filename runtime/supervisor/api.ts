import type { Json, JsonObject, RetryClass, WaterflowError } from '../../schemas/index.ts';
import type { HostCallHandler } from '../host-call.ts';
import type { LoadedPlugin } from '../plugin.ts';

/** Confinement of a sandbox host: 0 process and node --permission, 1 + rlimits and watchdog, 2 + bubblewrap, 3 + seccomp, 4 + cgroup v2. */
export type ConfinementLevel = 0 | 1 | 2 | 3 | 4;

/** One invocation of one plugin. */
export interface InvocationRequest {
  readonly plugin: LoadedPlugin;
  /** A host process is never shared between tenants; of third-party plugins (origin not built-in), nor between runs. */
  readonly owner: { readonly tenant: string; readonly run: string };
  readonly inputs: JsonObject;
  readonly limits: InvocationLimits;
  /** The least level; CONFINEMENT_UNAVAILABLE where this machine can't give it. */
  readonly required_level: ConfinementLevel;
  /** What the guest's own clock and dice begin with, where they must come out the same again. */
  readonly deterministic?: DeterministicStart | undefined;
  readonly host: HostCallHandler;
  /** Cancellation: the guest's `signal` and blocked waits see it; after `cancel_grace_ms` it is killed. */
  readonly signal: AbortSignal;
  /** Told, in milliseconds, of processor time that was used since it was last told; an error ends the invocation. */
  readonly onCpu?: (milliseconds: number) => WaterflowError | undefined;
  /**
   * Told, before the end, what ran in an isolate: V8's coverage as JSON text, at most 8 MiB of it. The sandbox host is untrusted, so it is to be
   * checked. Makes the guest slower, and shows it nothing.
   */
  readonly onCoverage?: (coverage: Uint8Array) => void;
  /** Aborted where it must end at once: the guest is killed without a grace. */
  readonly kill?: AbortSignal;
}

/** Where time and chance of an invocation begin. `seed` is 32 hex digits or more. */
export interface DeterministicStart {
  readonly now_ms: number;
  readonly seed: string;
  /** Where each sleep is answered at once, and only the clock moves: what a guest waits for besides is then there first. */
  readonly sleeps?: 'skipped' | undefined;
}

/** Bounds of one invocation. */
export interface InvocationLimits {
  readonly timeout_ms: number;
  /** Above the empty host's measured baseline. */
  readonly memory_bytes: number;
  /** Of the result as JSON. Default 1 MiB. */
  readonly output_bytes: number;
  readonly host_calls: number;
  readonly cancel_grace_ms: number;
}

/** How an invocation ended. */
export type InvocationOutcome =
  | { readonly kind: 'returned'; readonly outputs: Json }
  | {
      readonly kind: 'failed';
      readonly class?: RetryClass;
      readonly error: WaterflowError;
      /** What the plugin gave in spite of its failure; unchecked. */
      readonly outputs?: Json;
    }
  | { readonly kind: 'cancelled'; readonly error: WaterflowError };

/** Spawns, feeds, bounds and kills sandbox hosts. */
export interface Supervisor extends AsyncDisposable {
  invoke(request: InvocationRequest): Promise<InvocationOutcome>;
  /** The best level that this machine gives, measured once at start. */
  readonly level: ConfinementLevel;
  /** What stands in the way of a higher level. */
  readonly missing: readonly string[];
  /** Live host processes with resident bytes, for metrics, doctor and bench. */
  hosts(): readonly {
    readonly pid: number;
    readonly runtime: 'isolate' | 'wasm';
    readonly calls: number;
    readonly resident_bytes: number;
  }[];
}
