import type { AuditLog } from '../../runtime/audit/api.ts';
import type { CallScope, ExecSandbox } from '../../runtime/capabilities/capability.ts';
import type { ArchiveBucket } from '../../runtime/capabilities/store/bucket.ts';
import type { StoreFile } from '../../runtime/capabilities/store/file.ts';
import type { Authorized } from '../../runtime/grants/api.ts';
import type { LoadedPlugin } from '../../runtime/plugin.ts';
import type { Policy } from '../../runtime/policy/api.ts';
import type { InvocationLimits, Supervisor } from '../../runtime/supervisor/api.ts';
import type { AbsolutePath, Digest, Json, RunnerContext, WaterflowError } from '../../schemas/index.ts';
import type { Quotas } from '../quotas/index.ts';
import type { ProvidedSecrets } from '../secrets/index.ts';

/** Finds the plugin that a step names. With a digest, exactly those bytes: PLUGIN_MISSING where the agent has others. */
export type ResolvePlugin = (request: {
  readonly uses: string;
  readonly digest?: Digest;
}) => Promise<{ readonly plugin: LoadedPlugin } | { readonly error: WaterflowError }>;

/** Carries out a call that authorize() let through, once; rejects with CallFailure for what the guest may see. */
export type PerformCall = (authorized: Authorized, scope: CallScope) => Promise<Json>;

/** The powers of an executor; the composition root hands them in. */
export interface ExecutorOptions {
  /** The folder in which each run has its own. */
  readonly state: AbsolutePath;
  readonly supervisor: Supervisor;
  /** What the policy's limits and quotas are counted by; shared by all executors of an agent. */
  readonly quotas: Quotas;
  readonly resolvePlugin: ResolvePlugin;
  readonly policy: Policy;
  /** The secrets of a run, by name. They stay in memory. Another object where some were given since it was asked last. */
  readonly secretsOf: (run: string) => Readonly<Record<string, string>>;
  /** What this agent's own providers have beside those, for the runs' tenant. Absent: nothing. */
  readonly provided?: ProvidedSecrets;
  /** Opens a run's audit log; the executor closes it. `redact` takes the run's secrets out of what is recorded. */
  readonly openAudit: (run: string, redact: (value: Json) => Json) => AuditLog;
  readonly sandbox: ExecSandbox;
  /** Where the Docker daemon sees `state`, where that isn't its own path: the agent is in a container. */
  readonly dockerHostPath?: AbsolutePath;
  /** Where plugins' values lie from one run to the next; whoever made it closes it after the executor. */
  readonly store: StoreFile;
  /** Where plugins' archives lie, shared with other agents. Absent: beside the store, on this agent's disk. */
  readonly archiveBucket?: ArchiveBucket;
  /** This agent, as the `runner` context shows it. */
  readonly runner: Pick<RunnerContext, 'os' | 'arch' | 'name' | 'labels'>;
  /** What every step of the run finds in its environment, unless an `env` says otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
  /** How long a step that is being cancelled may take to end itself, in ms. Default: that of {@link invocationBounds}. */
  readonly cancelGraceMs?: number;
  /** What carries out calls that are allowed. Default: what their capabilities do. A plugin's tests answer them from a record. */
  readonly performCall?: PerformCall;
  /** Where `performCall` answers each sleep at once: what a guest waits for besides is then there first. */
  readonly sleeps?: 'skipped';
  /** Private addresses that net may connect to beside what grants say: for commands that try a plugin alone, see `GrantRequest`. */
  readonly privatePlaces?: readonly string[];
  /** Jobs at a time. */
  readonly slots: number;
  readonly clock: { now(): number };
  readonly random: { bytes(length: number): Uint8Array };
}

/** Bounds of an invocation that no manifest and no policy changes. */
export const invocationBounds: Omit<InvocationLimits, 'timeout_ms' | 'memory_bytes'> = {
  /** Of a step's outputs as JSON. */
  output_bytes: 1024 * 1024,
  /** A loop that polls once a second for an hour fits many times; a flood doesn't. */
  host_calls: 20_000,
  /** Between the request to stop and the kill: programs get time to clean up. */
  cancel_grace_ms: 10_000,
};
