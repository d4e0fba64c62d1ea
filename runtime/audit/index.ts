export type {
  AuditEnd,
  AuditedCall,
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
  type AuditedHostCall,
  type AuditedInvocation,
  auditedCalls,
  auditedInvocations,
  CallJoiner,
} from './joined.ts';
export { type AgentKey, loadAgentKey, readPublicKey } from './key.ts';
export { type AuditLogOptions, openAuditLog } from './log.ts';
export { programOperations } from './program-operations.ts';
export { type ReadOptions, readAudit, verifyAudit } from './read.ts';
export { type LogPosition, readOn } from './read-on.ts';
export { firstSegmentOf } from './segments.ts';
export { ShippedChain } from './shipped.ts';
export type { AuditFacts, AuditVerdict, BrokenAt } from './verdict.ts';
export { checkpointedRuns } from './witnesses.ts';
