// Made from schemas/package-record.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * SHA-256 of the content, in hex.
 */
export type Sha256 = string;

/**
 * waterflow-package.json: what a plugin's package holds, and what it was made from.
 */
export interface PackageRecord {
  format: 'waterflow-package/1';
  /**
   * As plugin.yaml has it.
   */
  name: string;
  /**
   * As plugin.yaml has it.
   */
  version: string;
  /**
   * Every other file of the package, by the bytes of its path.
   */
  files: PackagedFile[];
  provenance: Provenance;
}
export interface PackagedFile {
  path: string;
  /**
   * In bytes.
   */
  size: number;
  executable: boolean;
  sha256: Sha256;
}
/**
 * What the packer says of where the package comes from. A signature makes it the signer's word.
 */
export interface Provenance {
  /**
   * The git commit of the folder that was packed. Absent: it was in no repository.
   */
  source?: {
    commit: string;
    /**
     * Whether the folder had no change and no new file beside that commit; ignored files don't count.
     */
    clean: boolean;
  };
  /**
   * The version of what packed it. Nothing in a package depends on the Node that ran it.
   */
  builder: {
    waterflow: string;
    /**
     * As packages of earlier versions have it; none is written any more.
     */
    node?: string;
  };
  /**
   * Lock files in the package, which say exactly from which dependencies it was built.
   */
  inputs: BuildInput[];
}
export interface BuildInput {
  path: string;
  sha256: Sha256;
}
