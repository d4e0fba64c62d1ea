import type { RunEvent } from './follow.ts';
import type { Kill } from './kills.ts';

/** What is known of a run that was disturbed. */
export interface Evidence {
  readonly engine: 'embedded' | 'temporal';
  readonly run: string;
  readonly kills: readonly Kill[];
  /** As a server tells them in the end. */
  readonly events: readonly RunEvent[];
  /** As they were followed meanwhile. */
  readonly followed: readonly RunEvent[];
  /** Lines of the ledger; see workflow.ts. */
  readonly ledger: readonly string[];
  readonly log: readonly LogLine[];
  readonly details: RunDetails;
}

/** A line of a run's log. */
export interface LogLine {
  readonly job: string;
  readonly step: string;
  readonly job_attempt: number;
  readonly attempt: number;
  readonly text: string;
}

/** What is read of `GET /v1/workflows/{id}`. */
export interface RunDetails {
  readonly status: string;
  readonly jobs: Readonly<Record<string, JobDetails>>;
}

export interface JobDetails {
  readonly status: string;
  readonly attempts: number;
  readonly steps: Readonly<Record<string, StepDetails>>;
}

export interface StepDetails {
  readonly status: string;
  readonly outputs?: Readonly<Record<string, unknown>>;
}
