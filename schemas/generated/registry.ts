// Made from schemas/registry.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * Grows by one with each build.
 */
export type MetadataVersion = number;
/**
 * It counts no more from then on.
 */
export type Time = string;
export type KeyId = string;
/**
 * In lower-case hex.
 */
export type Sha256 = string;

/**
 * A file in the `metadata` folder of a registry of plugins: what a role says, and its signatures.
 */
export interface RegistryFile {
  signed: RegistryRoot | RegistryTimestamp | RegistrySnapshot | RegistryIndex;
  signatures: RoleSignature[];
}
/**
 * Whose signatures count in this registry.
 */
export interface RegistryRoot {
  role: 'root';
  format: 1;
  version: MetadataVersion;
  expires: Time;
  /**
   * Public keys by their ids, each as a .pub file has it.
   */
  keys: {
    [k: string]: string;
  };
  /**
   * The key of each role.
   */
  roles: {
    root: KeyId;
    index: KeyId;
    snapshot: KeyId;
    timestamp: KeyId;
  };
}
/**
 * Which snapshot is the newest.
 */
export interface RegistryTimestamp {
  role: 'timestamp';
  format: 1;
  version: MetadataVersion;
  expires: Time;
  snapshot: VersionedFile;
}
export interface VersionedFile {
  version: MetadataVersion;
  size: number;
  sha256: Sha256;
}
/**
 * Which files of metadata belong together.
 */
export interface RegistrySnapshot {
  role: 'snapshot';
  format: 1;
  version: MetadataVersion;
  expires: Time;
  root: MetadataVersion;
  index: VersionedFile;
}
/**
 * The packages.
 */
export interface RegistryIndex {
  role: 'index';
  format: 1;
  version: MetadataVersion;
  expires: Time;
  /**
   * Sorted by name, then by version.
   *
   * @maxItems 100000
   */
  packages: IndexedPackage[];
}
export interface IndexedPackage {
  name: string;
  version: string;
  /**
   * The plugin's identity.
   */
  digest: string;
  description: string;
  /**
   * Those that its manifest asks for.
   *
   * @maxItems 100
   */
  capabilities: string[];
  package: FileRecord;
  signature: FileRecord1;
}
/**
 * Of NAME-VERSION.tgz.
 */
export interface FileRecord {
  /**
   * In bytes.
   */
  size: number;
  sha256: Sha256;
}
/**
 * Of NAME-VERSION.tgz.sig.
 */
export interface FileRecord1 {
  /**
   * In bytes.
   */
  size: number;
  sha256: Sha256;
}
export interface RoleSignature {
  /**
   * The id of the key.
   */
  key: string;
  /**
   * Ed25519, in base64.
   */
  signature: string;
}
