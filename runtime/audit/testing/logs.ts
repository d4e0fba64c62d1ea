import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AbsolutePath } from '../../../schemas/index.ts';
import type { AuditLog, AuditRecord } from '../api.ts';
import { type AgentKey, loadAgentKey } from '../key.ts';
import { type AuditLogOptions, openAuditLog } from '../log.ts';
import { sampleCall, sampleStart } from './samples.ts';

/** A folder that is removed when the test is over. */
export function testFolder(): AbsolutePath {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-audit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder as AbsolutePath; // mkdtemp below an absolute folder.
}

/** A state folder with one run, and the agent's key. */
export interface AuditPlace {
  readonly state: AbsolutePath;
  readonly file: AbsolutePath;
  readonly key: AgentKey;
  open(options?: Partial<AuditLogOptions>): AuditLog;
  /** The log's files and what lies beside them, by name. */
  files(): readonly string[];
  /** The entries of a file of the log, as JSON. */
  entries(name?: string): readonly Record<string, unknown>[];
}

/** A place in which nothing was recorded yet. */
export function auditPlace(state: AbsolutePath = testFolder(), run = 'run-1'): AuditPlace {
  const file = join(state, run, 'audit.ndjson') as AbsolutePath; // Below an absolute folder.
  mkdirSync(dirname(file), { recursive: true });
  const key = loadAgentKey(state);
  return {
    state,
    file,
    key,
    open: (options) =>
      openAuditLog({ file, run, key, redact: (value) => value, clock: { now: () => Date.now() }, ...options }),
    files: () => readdirSync(dirname(file)).sort(),
    entries: (name = basename(file)) =>
      readFileSync(join(dirname(file), name), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
  };
}

/** One invocation with so many calls, from its start to its end. */
export function recordCalls(log: AuditLog, calls: number, args?: (call: number) => AuditRecord['call']['args']): void {
  const at = sampleStart.at;
  const invocation = log.started(sampleStart);
  for (let number = 0; number < calls; number += 1) {
    const call = { ...sampleCall.call, args: args?.(number) ?? { path: `file-${number}` } };
    const sequence = log.record({ ...sampleCall, invocation, call });
    log.result({ at, call: sequence, result: 'ok', duration_ms: 1, bytes: 2 });
  }
  log.ended({ at, invocation, outcome: 'returned', duration_ms: 9, calls: { allowed: calls, denied: 0 }, secrets: [] });
}
