import type { Simulation } from '../../engine/simulate/index.ts';
import type { Json, JsonObject, Plan, PlannedInput, RetryClass, WaterflowError } from '../../schemas/index.ts';

/** What `plan --json` prints; docs/plan.md describes it. New fields may come; these stay. */
export interface PlanOutline {
  readonly version: 1;
  readonly workflow: { readonly name: string; readonly file: string; readonly source: string };
  readonly run_name?: Shown;
  readonly inputs: Readonly<Record<string, InputOutline>>;
  /** Required inputs that weren't given. */
  readonly missing_inputs: readonly string[];
  readonly starts: StartsOutline;
  readonly concurrency?: ConcurrencyOutline;
  readonly jobs: readonly JobOutline[];
  readonly plugins: readonly PluginOutline[];
  readonly secrets: readonly SecretOutline[];
  /** The compiled workflow, as engines get it. */
  readonly plan: Plan;
  /** With --simulate. */
  readonly simulation?: Simulation;
}

/**
 * A value of the file: as it will be; or, where that isn't known before the run, the source, a text with `?` for each part that is open, and what
 * decides those; or why it can't be had.
 */
export type Shown =
  | { readonly value: Json }
  | { readonly source: string; readonly text: string; readonly decided_by: readonly string[] }
  | { readonly source: string; readonly error: string };

export interface InputOutline {
  readonly type: PlannedInput['type'];
  readonly required: boolean;
  /** What a run with these inputs would have; absent where it is missing. */
  readonly value?: Json;
}

export interface StartsOutline {
  readonly schedules: readonly {
    readonly cron: string;
    readonly timezone: string;
    readonly overlap: 'skip' | 'queue' | 'cancel';
    /** RFC 3339 UTC: the next three. */
    readonly next: readonly string[];
  }[];
  readonly webhook?: { readonly secret: string; readonly filter?: string };
}

export interface ConcurrencyOutline {
  readonly group: Shown;
  readonly cancel_in_progress: Shown;
}

export interface ConditionOutline {
  readonly source: string;
  /** Where it depends on nothing that only a run knows. */
  readonly value?: boolean;
}

export interface JobOutline {
  /** As a run names it, without cells and hosts: `release / build`. */
  readonly key: string;
  readonly id: string;
  readonly name?: Shown;
  /** 1, 2, 3… within its workflow: the jobs of a wave need only those of waves before. */
  readonly wave: number;
  readonly needs: readonly string[];
  readonly if?: ConditionOutline;
  /** Absent for a call. */
  readonly queue?: Shown;
  readonly matrix?: MatrixOutline;
  readonly fleet?: FleetOutline;
  readonly environment?: EnvironmentOutline;
  readonly concurrency?: ConcurrencyOutline;
  readonly retry?: RetryOutline;
  readonly timeout_minutes: Shown;
  /** A call: what it calls, and the jobs of that. */
  readonly calls?: { readonly file: string; readonly with: Readonly<Record<string, Shown>> };
  readonly jobs?: readonly JobOutline[];
  readonly steps: readonly StepOutline[];
}

export type MatrixOutline =
  | {
      readonly cells: readonly { readonly key: string; readonly values: JsonObject }[];
      readonly max_parallel: number;
      readonly fail_fast: boolean;
    }
  | { readonly axes: readonly string[]; readonly decided_by: readonly string[] }
  | { readonly error: string };

export interface FleetOutline {
  readonly hosts: Shown;
  readonly batch?: Shown;
  readonly max_failures?: Shown;
  readonly canary?: Shown;
}

export interface EnvironmentOutline {
  readonly name: Shown;
  readonly url?: Shown;
  readonly approval?: { readonly approvers: Shown; readonly timeout_ms?: number };
}

export interface RetryOutline {
  readonly attempts: Shown;
  readonly on: readonly RetryClass[];
  readonly initial_interval_ms: number;
  readonly backoff_coefficient: number;
  readonly maximum_interval_ms: number;
}

export interface StepOutline {
  /** With the steps around it: `loop.test`. */
  readonly key: string;
  readonly name?: Shown;
  readonly uses: string;
  readonly kind: 'plugin' | 'control';
  readonly if?: ConditionOutline;
  readonly retry?: RetryOutline;
  readonly continue_on_error?: Shown;
  readonly timeout_minutes?: Shown;
  /** Of a plugin: the bytes that would run, and what they may do. */
  readonly plugin?: {
    readonly name: string;
    readonly version: string;
    readonly digest: string;
    readonly origin: string;
  };
  readonly grants?: readonly GrantOutline[];
  /** Inputs whose value only a run knows; permissions that depend on them are open. */
  readonly open_inputs?: readonly string[];
  readonly error?: WaterflowError;
  /** Of sleep@v1, approval@v1 and wait-for@v1. */
  readonly with?: Readonly<Record<string, Shown>>;
  readonly body?:
    | {
        readonly kind: 'if';
        readonly condition: ConditionOutline;
        readonly then: readonly StepOutline[];
        readonly else: readonly StepOutline[];
      }
    | {
        readonly kind: 'for-each';
        readonly items: Shown;
        readonly concurrency: Shown;
        readonly fail_fast: Shown;
        readonly steps: readonly StepOutline[];
      };
}

/** What one capability comes to. A call must match a rule of `requests` and of each of the `narrowed_by` layers, and none of `forbids`. */
export interface GrantOutline {
  readonly capability: string;
  readonly verdict: 'granted' | 'narrowed' | 'refused';
  readonly requests: readonly string[];
  readonly narrowed_by: readonly {
    readonly layer: string;
    readonly place: string;
    readonly allows: readonly string[];
  }[];
  readonly forbids: readonly string[];
}

export interface PluginOutline {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly origin: string;
  readonly steps: readonly string[];
}

export interface SecretOutline {
  /** As the run is given it. */
  readonly name: string;
  readonly used_by: readonly string[];
  /** False where every use says what stands in for it, as `secrets.X || ''`. */
  readonly required: boolean;
}
