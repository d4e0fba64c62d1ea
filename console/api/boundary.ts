import type { ApiError } from './types.ts';

/** An agent's record of what a run's plugins did, as the server checked it. */
export interface AuditRecord {
  readonly agent?: string;
  readonly state: string;
  readonly reason?: string;
  readonly entries: number;
  readonly signed: number;
  readonly key?: string;
  readonly checked_with: string;
}

/** What the steps of a run may do. */
export interface GrantList {
  /** `agents`: the server knows nothing of it. */
  readonly decided_by: string;
  readonly steps: readonly StepGrants[];
}

export interface StepGrants {
  readonly job: string;
  readonly step: string;
  readonly uses: string;
  readonly unknown_inputs: readonly string[];
  readonly grant?: Grant;
  readonly error?: ApiError;
  /** Of the call that was asked about. */
  readonly call?: { readonly decision: string; readonly changes: readonly LeastChange[] };
}

/** What a layer would have to let through for a call to be allowed. */
export interface LeastChange {
  readonly layer: string;
  readonly place: string;
  readonly todo: string;
  /** YAML to add. */
  readonly lines: readonly string[];
}

export interface Grant {
  readonly plugin: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly origin: string;
  };
  readonly confinement: number;
  readonly limits: { readonly timeout_ms: number; readonly memory_bytes: number };
  readonly capabilities: readonly GrantedCapability[];
  readonly always: readonly string[];
}

export interface GrantedCapability {
  readonly capability: string;
  readonly verdict: string;
  readonly narrowed_by: readonly string[];
  readonly requested: readonly GrantRule[];
  readonly layers: readonly { readonly layer: string; readonly place: string; readonly rules: readonly GrantRule[] }[];
  readonly denied: readonly GrantRule[];
  readonly dropped: readonly { readonly place: string; readonly why: string }[];
}

export interface GrantRule {
  readonly allows: string;
  readonly place: string;
  readonly reason?: string;
}
