export type { PackageRecord, Provenance } from '../../schemas/generated/package-record.ts';
export { type KnownNames, lookAlike, requireOwnName } from './names.ts';
export { type OpenedPackage, openPackage } from './open.ts';
export { packageFileName, type PackedPackage, packFolder } from './pack.ts';
export { type PackedFrom, recordFile } from './record.ts';
