import type { Json, JsonObject } from '../../schemas/index.ts';
import type { RuleReference } from '../grants/api.ts';
import type { Denial, HostCall } from '../host-call.ts';
import type { AuditSubject, CallEntry, EndEntry, ResultEntry, StartEntry } from './entry.ts';

/** What a capability may add to the record of the call at hand. */
export interface AuditedCall {
  /** To what is recorded when it is over. */
  note(facts: JsonObject): void;
  /**
   * Records what a program of this call is about to do as a call of its own, before it is done: allowed or denied, it is counted,
   * limited and reported as every other. Throws CallFailure where it must not be done, as the record or a limit has no room for it.
   */
  within(call: HostCall, decision: InnerDecision): InnerCall;
}

/** What decided over a call within another. */
export type InnerDecision =
  | { readonly kind: 'allowed'; readonly decided_by: readonly RuleReference[] }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly decided_by: readonly RuleReference[] };

/** A call within another, on record. */
export interface InnerCall {
  /** Counts bytes that it moves against the limit of them, as they are moved; too many end the step. */
  moved(bytes: number): void;
  /** Records what came of an allowed one; the first time counts. Never throws. */
  end(outcome: InnerOutcome): void;
}

/** What came of it; `denied` where that showed only while it was carried out. */
export type InnerOutcome = { readonly facts?: JsonObject } & (
  | { readonly result: 'ok' | 'error' }
  | { readonly result: 'denied'; readonly denial: Omit<Denial, 'code'> }
);

/** An entry's own fields, without its place in the chain; `at` in milliseconds since the epoch. */
type Recorded<Entry> = Omit<Entry, 'kind' | 'sequence' | 'hash' | 'at'> & { readonly at: number };

/** A plugin that is about to be started. */
export type AuditStart = Recorded<StartEntry>;

/** One host call, as it is recorded before it is carried out. */
export interface AuditRecord extends AuditSubject {
  readonly at: number;
  /** What started() gave for the invocation that makes the call. */
  readonly invocation: number;
  /** The entry of the call that it happens within, if it does. */
  readonly within?: number;
  readonly call: { readonly capability: string; readonly operation: string; readonly args: Json };
  /** Of the arguments as JSON, as the guest gave them. */
  readonly bytes: number;
  /** Whether something shorter stands for a part of the arguments. */
  readonly truncated: boolean;
  readonly decision: CallEntry['decision'];
  /** Each layer's rule that decided. */
  readonly rules: readonly string[];
  readonly reason?: string;
}

/** What came of it, as a second entry that refers to the first. */
export type AuditResult = Recorded<ResultEntry>;

/** How an invocation ended. */
export type AuditEnd = Recorded<EndEntry>;

/**
 * The hash-chained record of a run's host calls: NDJSON, each line with `sequence`, `previous` (hash of the line before) and
 * `hash`. A line is in the kernel before a method returns (it survives kill -9), synced in groups of at most 100 ms. Where a
 * method throws WaterflowFailure STORAGE_*, nothing was recorded, and what was to be recorded must not happen. Room for what
 * comes of a recorded call is held back from the first, so that a disk that fills up takes no outcome.
 */
export interface AuditLog extends AsyncDisposable {
  /** Returns the entry's sequence. */
  started(entry: AuditStart): number;
  /** Returns the entry's sequence. */
  record(entry: AuditRecord): number;
  /** Once for each call that was recorded as allowed. */
  result(entry: AuditResult): void;
  /** Once for each start. */
  ended(entry: AuditEnd): void;
}
