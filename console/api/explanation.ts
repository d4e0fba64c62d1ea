import type { Json, SkipReason } from './types.ts';

/** Why a run is as it is, as far as the console shows it: docs/rest-api.md has all of it. */
export interface Explanation {
  readonly answer: string;
  readonly causes: readonly Cause[];
  readonly consequences: readonly { readonly job: string; readonly because: string }[];
  readonly waits: readonly Wait[];
  readonly retried: readonly Retried[];
  readonly skipped: readonly (PlaceInRun & SkipReason)[];
  readonly tolerated: readonly (PlaceInRun & { readonly code: string; readonly message: string })[];
  readonly cancelled?: { readonly at?: string; readonly reason: string };
  readonly since?: { readonly run?: string; readonly changes: readonly Change[] };
  readonly recurrence?: { readonly verdict: string; readonly sentence: string };
  readonly next: readonly NextCommand[];
  /** What of the record could not be read. */
  readonly gaps: readonly string[];
}

/** A job, or a step of it. */
export interface PlaceInRun {
  readonly job?: string;
  readonly step?: string;
}

/** Something that failed by itself. */
export interface Cause extends PlaceInRun {
  readonly code: string;
  readonly message: string;
  readonly at?: { readonly file: string; readonly line: number; readonly column: number };
  readonly rule?: string;
  readonly agent?: string;
  readonly at_time?: string;
  readonly exit_code?: number;
  readonly expression?: string;
  /** What the expression read, as far as it is on record. */
  readonly read?: readonly ReadValue[];
  /** The queue that it needs an agent of. */
  readonly queue?: string;
  readonly last_lines: readonly string[];
  readonly refused_calls: readonly RefusedCall[];
  readonly earlier_attempts: readonly { readonly at: string; readonly code: string; readonly message: string }[];
  readonly fixes: readonly string[];
}

export interface RefusedCall {
  readonly capability: string;
  readonly operation: string;
  readonly subject: string;
  /** The whole call, to ask what would allow it. */
  readonly asked?: string;
  readonly reason?: string;
  readonly rule?: string;
}

/** A value that an expression read; `note`: why it is as it is. */
export interface ReadValue {
  readonly path: string;
  readonly value: Json;
  readonly note?: string;
}

/** What something in progress waits for, and who moves it on. */
export interface Wait extends PlaceInRun {
  readonly sentence: string;
  readonly who: string;
  /** The queue that it needs an agent of. */
  readonly queue?: string;
  readonly since?: string;
  /** When the wait ends by itself. */
  readonly until?: string;
}

export interface Retried extends PlaceInRun {
  readonly attempts: number;
  readonly verdict: string;
  readonly failures: readonly { readonly code: string; readonly message: string }[];
}

/** What is otherwise than when the workflow last succeeded. */
export interface Change extends PlaceInRun {
  readonly kind: string;
  readonly text: string;
}

/** A command, behind `waterflow`. */
export interface NextCommand {
  readonly words: readonly string[];
  readonly about: string;
  readonly why: string;
}
