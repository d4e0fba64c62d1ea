// Made from schemas/trust.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * Names of plugins; `*` is any run of characters, `?` one.
 *
 * @minItems 1
 */
export type Patterns = [string, ...string[]];
/**
 * Why, for those who are refused.
 */
export type Reason = string;

/**
 * trust.yaml: whose signatures count, for which plugins.
 */
export interface TrustFile {
  version: 1;
  keys: TrustedKeyEntry[];
  thresholds?: Threshold[];
  revoked?: {
    keys?: RevokedKey[];
    packages?: RevokedPackage[];
  };
}
export interface TrustedKeyEntry {
  /**
   * The signer. Several keys of one name are one signer's, and count once.
   */
  name: string;
  /**
   * The public key: what its .pub file says.
   */
  key: string;
  plugins: Patterns;
  /**
   * When its signatures begin to count, with an offset from UTC.
   */
  'not-before'?: string;
  /**
   * When its signatures no longer count, with an offset from UTC.
   */
  'not-after'?: string;
}
export interface Threshold {
  plugins: Patterns;
  /**
   * How many different signers such a plugin needs. Of several that match, the highest holds; of none, one.
   */
  signers: number;
}
export interface RevokedKey {
  id: string;
  reason: Reason;
}
export interface RevokedPackage {
  digest: string;
  reason: Reason;
}
