// Made from schemas/signatures.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * NAME-VERSION.tgz.sig: what was signed of a plugin's package, and by which keys.
 */
export interface SignatureDocument {
  format: 'waterflow-signatures/1';
  statement: PackageStatement;
  signatures: PackageSignature[];
}
/**
 * What each of the keys signs.
 */
export interface PackageStatement {
  format: 'waterflow-package-statement/1';
  name: string;
  version: string;
  /**
   * Of the package's tarball.
   */
  digest: string;
  /**
   * Of its plugin.yaml.
   */
  manifest_sha256: string;
}
export interface PackageSignature {
  /**
   * The key's id.
   */
  key: string;
  /**
   * 64 bytes, in base64.
   */
  signature: string;
}
