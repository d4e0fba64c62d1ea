export { type AskedFor, askedBy, askedInWords, type More } from './asked.ts';
export { audit, type Audited, type AuditFinding, interruption } from './audit.ts';
export { type Installation, type Placed, place, recover, remove } from './change.ts';
export { decide, type Decision } from './decide.ts';
export { lockfileName, nameOf, readLockfile } from './lockfile.ts';
export { digestOnDisk, type Inventoried, inventory } from './inventory.ts';
export { clearStaging, stage, type Staged } from './staging.ts';
