import type { Logger } from 'winston';
import type { Engine } from '../engine/port.ts';
import type { Json, JsonObject } from '../schemas/index.ts';
import type { Blobs } from '../storage/blobs/index.ts';
import type { ShippedCalls } from '../storage/calls/index.ts';
import type { ShippedLogs } from '../storage/logs/index.ts';
import type { RunPayloads } from '../storage/payloads/index.ts';
import type { Records } from '../storage/records/port.ts';
import type { ReadAuditRecords } from './audit-records.ts';
import type { Catalogue } from './catalogue.ts';
import type { ServerConfig } from './config.ts';
import type { ReadGrants } from './grants.ts';
import type { ReadHostCalls } from './host-calls.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Submissions } from './runs/submissions.ts';
import type { Spans } from './telemetry/span.ts';

/** What the routes are made of. */
export interface ServerParts {
  readonly config: ServerConfig;
  readonly engine: Engine;
  /** Resolves where what the engine needs beside the records answers. Absent: nothing else is needed. */
  readonly checkEngine?: () => Promise<void>;
  /** Encrypts or decrypts what Temporal keeps, for its UI. Absent: there are no keys. */
  readonly codec?: (call: PayloadCall) => Promise<JsonObject>;
  readonly records: Records;
  readonly submissions: Submissions;
  readonly catalogue: Catalogue;
  /** What agents recorded of a run's host calls: that of this process, and those on other machines. */
  readonly hostCalls: ReadHostCalls;
  /** How the records of that are. */
  readonly auditRecords: ReadAuditRecords;
  /** What steps may do. Absent: the policies of agents on other machines decide. */
  readonly grants?: ReadGrants;
  /** What agents on other machines send. */
  readonly shippedLogs: ShippedLogs;
  /** What they recorded of host calls. */
  readonly shippedCalls: Pick<ShippedCalls, 'append'>;
  /** What is too large for Temporal. */
  readonly payloads: RunPayloads;
  readonly blobs: Blobs;
  readonly metrics: Metrics;
  /** Where spans are made. Absent: none are. */
  readonly spans?: Spans;
  readonly log: Logger;
  readonly clock: ServerClock;
}

/** Payloads that somebody looks at in the UI of Temporal, or enters there. */
export interface PayloadCall {
  readonly operation: 'decode' | 'encode';
  /** Default: the server's own. */
  readonly namespace?: string;
  readonly body: Json;
}

/** Time, as a power. */
export interface ServerClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once after at least that many milliseconds; the result takes it back. Doesn't keep the process alive. */
  after(ms: number, callback: () => void): () => void;
}
