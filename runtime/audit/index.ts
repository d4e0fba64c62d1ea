export type { AuditedCall, AuditLog, AuditRecord, AuditResult } from './api.ts';
export { type AgentKey, loadAgentKey } from './key.ts';
export { type AuditLogOptions, openAuditLog } from './log.ts';
export { type AuditFacts, type AuditVerdict, type BrokenAt, verifyAudit } from './verify.ts';
