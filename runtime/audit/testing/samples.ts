import type { AuditRecord, AuditStart } from '../api.ts';

const subject = {
  tenant: 'default',
  run: 'run-1',
  job: 'build',
  step: '0',
  attempt: 1,
  plugin: { name: 'acme-tool', version: '1.0.0', digest: 'sha256:00' },
};

/** A start to be recorded. */
export const sampleStart: AuditStart = {
  ...subject,
  at: 1_700_000_000_000,
  grant: 'sha256:11',
  confinement: { level: 3, required: 1 },
  limits: { timeout_ms: 1000, memory_bytes: 64 },
  secrets: ['TOKEN'],
};

/** A call to be recorded. */
export const sampleCall: AuditRecord = {
  ...subject,
  at: 1_700_000_000_000,
  invocation: 2,
  call: { capability: 'fs', operation: 'read', args: { path: 'a' } },
  bytes: 12,
  truncated: false,
  decision: 'allowed',
  rules: ['manifest plugin.yaml fs[0]'],
};
