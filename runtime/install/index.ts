export { type AskedFor, askedBy, askedInWords } from './asked.ts';
export { type Audited, type AuditFinding, audit, interruption } from './audit.ts';
export { type Installation, type Placed, place, recover, remove } from './change.ts';
export type { Change, ChangeKind, FieldChange } from './changes.ts';
export { type Decision, decide } from './decide.ts';
export { digestOnDisk, type Inventoried, inventory } from './inventory.ts';
export { lockfileName, nameOf, readLockfile } from './lockfile.ts';
export { clearStaging, type Staged, stage } from './staging.ts';
