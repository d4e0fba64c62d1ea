export type { PackageRecord, Provenance } from '../../schemas/generated/package-record.ts';
export { requireLoadable } from './loadable.ts';
export { type KnownNames, lookAlike, requireOwnName } from './names.ts';
export { type OpenedPackage, openPackage } from './open.ts';
export { type PackedPackage, packageFileName, packFolder } from './pack.ts';
export { type PackedFrom, recordFile } from './record.ts';
