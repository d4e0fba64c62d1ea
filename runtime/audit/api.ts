import type { Json, JsonObject } from '../../schemas/index.ts';

/** What a capability may add to the entry of the call at hand. */
export interface AuditedCall {
  note(facts: JsonObject): void;
}

/** One host call, as it is recorded before it is carried out. */
export interface AuditRecord {
  readonly at: number;
  readonly run: string;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly plugin: { readonly name: string; readonly version: string; readonly digest: string };
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  readonly decision: 'allowed' | 'denied' | 'invalid';
  /** Each layer's rule that decided. */
  readonly rules: readonly string[];
  readonly reason?: string;
}

/** What came of it, as a second entry that refers to the first. */
export interface AuditResult {
  readonly at: number;
  readonly call: number;
  readonly result: 'ok' | 'error' | 'denied';
  readonly facts?: JsonObject;
  readonly duration_ms: number;
}

/**
 * The hash-chained record of a run's host calls: NDJSON, each line with `sequence`, `previous` (hash of the line before) and
 * `hash`. A line is in the kernel before record() returns (it survives kill -9), synced in groups of at most 100 ms.
 */
export interface AuditLog extends AsyncDisposable {
  /** Returns the entry's sequence. Throws WaterflowFailure STORAGE_* where it can't be written: then the call isn't made. */
  record(entry: AuditRecord): number;
  result(entry: AuditResult): void;
}
