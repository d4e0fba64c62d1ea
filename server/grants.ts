import type { RunDetails } from '../engine/port.ts';
import type { JsonObject, WaterflowError } from '../schemas/index.ts';
import type { RunRow } from '../storage/records/port.ts';

/** Which steps are asked about. */
export interface GrantQuery {
  /** As the run names it. Absent: all of them. */
  readonly job?: string;
  readonly step?: string;
  /** A call, as `waterflow grants explain --call` takes it. */
  readonly call?: string;
}

/** What one of several layers would have to let through. */
export interface LeastChange {
  readonly layer: string;
  /** Its file, or where in it. */
  readonly place: string;
  /** What to do there. */
  readonly todo: string;
  /** YAML to add; empty where it is done otherwise. */
  readonly lines: readonly string[];
}

/** What a step that uses a plugin may do. */
export interface StepGrants {
  /** Without cells and hosts. */
  readonly job: string;
  readonly step: string;
  readonly uses: string;
  /** Inputs whose values only the run knows: what depends on them is left open. */
  readonly unknown_inputs: readonly string[];
  /** As `waterflow grants explain --json` has it; absent where there is an error. */
  readonly grant?: JsonObject;
  readonly error?: WaterflowError;
  /** Of the call that was asked about. */
  readonly call?: { readonly decision: 'allowed' | 'denied'; readonly changes: readonly LeastChange[] };
}

/** What the steps of a run may do by the policy, the plugins and the lockfile that are here now. */
export type ReadGrants = (row: RunRow, run: RunDetails, query: GrantQuery) => Promise<readonly StepGrants[]>;
