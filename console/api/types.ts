/** What the API answers, as far as the console reads it: docs/rest-api.md has all of it. Unknown keys and values may come. */

/** Any JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** One thing that is wrong, where it is, and what to do about it. */
export interface ApiError {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly rule?: string;
}

export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly tenant_id: string;
  readonly role: string;
  readonly by: 'api-key' | 'jwt' | 'configured-key' | 'loopback';
  readonly permissions: readonly string[];
}

export type RunStatus = 'queued' | 'running' | 'waiting' | 'blocked' | 'paused' | 'success' | 'failure' | 'cancelled';

/** What somebody is to send. */
export interface Awaited {
  readonly kind: 'approval' | 'signal' | 'secrets';
  readonly name: string;
  readonly id?: string;
  readonly job: string;
  readonly step?: string;
  readonly approvers?: readonly string[];
  readonly message?: string;
  readonly push_back_to?: readonly string[];
  readonly secrets?: readonly string[];
  readonly since?: string;
  readonly until?: string;
}

export interface Run {
  readonly id: string;
  readonly tenant_id: string;
  readonly workflow: string;
  readonly name: string;
  readonly file: string;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: { readonly kind: string; readonly id: string; readonly by: string };
  readonly queues?: readonly string[];
  readonly created_at: string;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly awaits?: readonly Awaited[];
  readonly error?: ApiError;
}

export interface RunPage {
  readonly workflows: readonly Run[];
  readonly next_cursor?: string;
}

/** The condition that was false, and what it read. */
export interface SkipReason {
  readonly condition: string;
  readonly read: readonly { readonly path: string; readonly value: Json }[];
  readonly result: Json;
}

export interface RunStep {
  readonly index: number;
  readonly name: string;
  readonly uses: string;
  readonly status: string;
  readonly outcome?: string;
  readonly conclusion?: string;
  readonly attempts: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly host_calls: { readonly allowed: number; readonly denied: number };
  readonly plugin?: { readonly name: string; readonly version: string; readonly digest: string };
  readonly reused?: true;
  readonly skip_reason?: SkipReason;
  readonly error?: ApiError;
}

export interface RunJob {
  readonly index: number;
  readonly name: string;
  readonly id: string;
  readonly needs: readonly string[];
  readonly caller?: string;
  readonly status: string;
  readonly waits_for?: string;
  readonly reason?: string;
  readonly attempts: number;
  readonly agent?: string;
  readonly agent_suspect?: true;
  /** Of a host of a fleet, from 1. */
  readonly wave?: number;
  readonly started_at?: string;
  readonly ended_at?: string;
  readonly duration_ms?: number;
  readonly outputs: Readonly<Record<string, Json>>;
  readonly reused?: true;
  readonly environment?: { readonly name: string; readonly url?: string };
  readonly skip_reason?: SkipReason;
  readonly error?: ApiError;
  readonly steps: Readonly<Record<string, RunStep>>;
}

export interface RunDetails extends Run {
  readonly awaits: readonly Awaited[];
  readonly inputs: Readonly<Record<string, Json>>;
  readonly vars: Readonly<Record<string, Json>>;
  readonly secrets: readonly string[];
  /** Their values are gone since the server was started anew. */
  readonly secrets_missing?: readonly string[];
  readonly jobs: Readonly<Record<string, RunJob>>;
}

export interface LogLine {
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly stream: 'stdout' | 'stderr' | 'log';
  readonly text: string;
  readonly continues?: true;
  readonly position: string;
}

export interface HostCall {
  readonly agent?: string;
  readonly sequence: number;
  readonly at: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  readonly truncated: boolean;
  readonly decision: 'allowed' | 'denied' | 'invalid';
  readonly rules: readonly string[];
  readonly reason?: string;
  readonly result: string;
  readonly duration_ms?: number;
  readonly facts?: Readonly<Record<string, Json>>;
  readonly secrets?: readonly string[];
}

export interface HostCallPage {
  readonly host_calls: readonly HostCall[];
  readonly next_cursor?: string;
  readonly problem?: ApiError;
}

export interface Node {
  readonly uses: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly runtime: string;
  readonly inputs: Readonly<Record<string, Json>>;
  readonly outputs: Readonly<Record<string, Json>>;
  /** Whether steps that use it name further outputs themselves. */
  readonly dynamic_outputs: boolean;
  /** What it requests, by capability. */
  readonly permissions: Readonly<Record<string, Json>>;
  readonly digest?: string;
  readonly built_in: boolean;
  /** What it requests, in words. */
  readonly asks?: readonly AskedFor[];
  /** The newest version that is known, where that is a later one. */
  readonly update?: {
    readonly version: string;
    readonly more: readonly (AskedFor & { readonly kind: string; readonly was?: string })[];
  };
}

export interface AskedFor {
  readonly about: string;
  readonly what: string;
  readonly reason?: string;
}

export interface Agent {
  readonly name: string;
  readonly state: string;
  readonly version: string;
  readonly queues: readonly string[];
  readonly labels: readonly string[];
  readonly os: string;
  readonly arch: string;
  readonly confinement: number;
  readonly slots: { readonly total: number; readonly used: number };
  readonly plugins: readonly { readonly name: string; readonly version: string; readonly digest: string }[];
  readonly last_seen_at: string;
}

export interface Queue {
  readonly name: string;
  readonly pollers: number;
  readonly backlog: number;
}

export interface Schedule {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  readonly cron: string;
  readonly timezone: string;
  readonly overlap: string;
  readonly paused: boolean;
  readonly next_run_at?: string;
  readonly created_by: string;
}

/** A workflow as it was sent, and the files that it calls by their paths. */
export interface WorkflowSource {
  readonly file: string;
  readonly workflow: string;
  readonly files: Readonly<Record<string, string>>;
}

export interface RunEvent {
  readonly sequence: number;
  readonly at: string;
  /** Absent: the event is of the run itself. */
  readonly job?: string;
  readonly type: string;
  readonly event: Readonly<Record<string, Json>>;
}
