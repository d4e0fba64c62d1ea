// Made from schemas/policy.schema.json by `npm run generate`. Change the schema, not this file.

export type Allow = 'requested' | Entries;

/**
 * The operator's ceiling: which plugin may get what. Deny wins; nothing matched is nothing allowed.
 */
export interface PolicyFile {
  version: 1;
  require?: {
    /**
     * The least confinement level.
     */
    confinement?: number;
  };
  rules: Rule[];
}
export interface Rule {
  /**
   * A glob over names, `sha256:<digest>`, `built-in`, `approved` (approved at install or by --approve) or `signer:<key id>`.
   */
  plugin: string;
  /**
   * A jexl condition over tenant, workflow, job, step, plugin, inputs.
   */
  when?: string;
  allow?: Allow;
  deny?: Entries;
  /**
   * The widest exec profile. Default: as the entries say.
   */
  profile?: 'workspace' | 'host';
  /**
   * The most that this plugin may use.
   */
  limits?: {
    timeout?: string;
    memory?: string;
  };
  reason?: string;
}
/**
 * Permission entries by capability, in the forms of the manifest.
 */
export interface Entries {
  [k: string]: {
    [k: string]: unknown;
  }[];
}
