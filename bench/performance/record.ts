import type { ScenarioName } from './scenarios.ts';

/** Of samples. */
export type Unit = 'ms' | 'MiB' | 'a second' | 'lines a second';

/** What one run of the harness found: small enough to be kept beside the sources. */
export type PerformanceRecord = ComparisonRecord | IdleRecord;

/** What every record says of where it comes from. */
interface Origin {
  readonly version: 1;
  /** When it began: ISO 8601, UTC. */
  readonly at: string;
  /** The commit whose sources were measured, and whether they had been changed since. */
  readonly commit: string;
  readonly modified: boolean;
  readonly machine: Machine;
}

/** Whose figures they are; nothing that tells one such machine from another. */
export interface Machine {
  readonly processors: number;
  readonly model: string;
  readonly memory_gib: number;
  readonly os: string;
  readonly node: string;
  /** The load averages of one, five and fifteen minutes, before the first sample and after the last one. */
  readonly load_before: readonly number[];
  readonly load_after: readonly number[];
}

/** Everybody beside everybody. */
export interface ComparisonRecord extends Origin {
  readonly kind: 'comparison';
  readonly contestants: readonly Present[];
  readonly absent: readonly Absent[];
  readonly measured: readonly Measured[];
}

/** Servers that had nothing to do for minutes. */
export interface IdleRecord extends Origin {
  readonly kind: 'idle';
  /** How long, in seconds. */
  readonly seconds: number;
  readonly processes: readonly IdleProcess[];
}

/** A process that had nothing to do: its resident memory, in MiB, in equal steps of time. */
export interface IdleProcess {
  readonly name: IdleName;
  readonly samples: readonly number[];
}

/** Who has nothing to do. */
export type IdleName = 'embedded' | 'on-temporal' | 'worker';

/** Who took part. */
export interface Present {
  readonly name: string;
  readonly version: string;
}

/** Who couldn't take part, in all or in one scenario, and why. */
export interface Absent {
  readonly contestant: string;
  readonly scenario?: ScenarioName;
  readonly reason: string;
}

/** The samples of one contestant in one scenario, in the order in which they were taken. */
export interface Measured {
  readonly scenario: ScenarioName;
  readonly contestant: string;
  readonly samples: readonly number[];
}
