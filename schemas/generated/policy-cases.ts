// Made from schemas/policy-cases.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * Calls with what a policy must say to them, for `waterflow policy test`.
 *
 * @minItems 1
 */
export type PolicyCasesFile = [Case, ...Case[]];

export interface Case {
  /**
   * What the case shows, in a few words.
   */
  name: string;
  plugin?: Plugin;
  /**
   * Default `default`.
   */
  tenant?: string;
  /**
   * Default `local`.
   */
  queue?: string;
  /**
   * Default `test`.
   */
  workflow?: string;
  /**
   * Default `test`.
   */
  job?: string;
  /**
   * Default `test`.
   */
  step?: string;
  /**
   * RFC 3339. Left out, a condition that reads the time can't be decided.
   */
  time?: string;
  /**
   * The plugin's inputs.
   */
  inputs?: {
    [k: string]: unknown;
  };
  /**
   * What the manifest requests: entries by capability, or the path of a plugin.yaml beside this file. Default: just what the call needs.
   */
  requests?: string | Entries;
  /**
   * As `net GET https://…`, or in its parts.
   */
  call:
    | string
    | {
        capability: string;
        operation: string;
        args?: {
          [k: string]: unknown;
        };
      };
  expect: 'allowed' | 'denied';
  /**
   * The line of the policy that must decide.
   */
  rule?: number;
}
export interface Plugin {
  name?: string;
  /**
   * Default 1.0.0.
   */
  version?: string;
  /**
   * Default: none that a rule names.
   */
  digest?: string;
  /**
   * Default `installed`.
   */
  origin?: 'built-in' | 'approved' | 'installed' | 'local';
}
/**
 * Permission entries by capability, in the forms of the manifest.
 */
export interface Entries {
  [k: string]: {
    [k: string]: unknown;
  }[];
}
