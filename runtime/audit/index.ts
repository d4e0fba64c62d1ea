export type {
  AuditedCall,
  AuditEnd,
  AuditLog,
  AuditRecord,
  AuditResult,
  AuditStart,
  InnerCall,
  InnerDecision,
  InnerOutcome,
} from './api.ts';
export type { CheckOptions } from './check.ts';
export type { AuditEntry, AuditSubject, CallEntry, EndEntry, ResultEntry, StartEntry } from './entry.ts';
export {
  auditedCalls,
  type AuditedHostCall,
  CallJoiner,
  auditedInvocations,
  type AuditedInvocation,
} from './joined.ts';
export { type AgentKey, loadAgentKey, readPublicKey } from './key.ts';
export { type AuditLogOptions, openAuditLog } from './log.ts';
export { programOperations } from './program-operations.ts';
export { readAudit, type ReadOptions, verifyAudit } from './read.ts';
export { ShippedChain } from './shipped.ts';
export { type LogPosition, readOn } from './read-on.ts';
export { firstSegmentOf } from './segments.ts';
export type { AuditFacts, AuditVerdict, BrokenAt } from './verdict.ts';
export { checkpointedRuns } from './witnesses.ts';
