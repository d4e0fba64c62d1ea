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
  quotas?: {
    run?: Quota;
    tenant?: Quota1;
  };
  rules: Rule[];
}
/**
 * What one run may use on this agent, over all its steps.
 */
export interface Quota {
  /**
   * Processor time of guests.
   */
  cpu?: string;
  /**
   * Calls, allowed or not.
   */
  'host-calls'?: number;
  /**
   * What host calls move, both ways.
   */
  bytes?: string;
  /**
   * Programs at one time.
   */
  programs?: number;
  /**
   * Lines of log.
   */
  'log-lines'?: number;
  /**
   * Invocations at one time; more wait their turn.
   */
  concurrency?: number;
}
/**
 * What the runs of one tenant may use on this agent at one time.
 */
export interface Quota1 {
  /**
   * Processor time of guests.
   */
  cpu?: string;
  /**
   * Calls, allowed or not.
   */
  'host-calls'?: number;
  /**
   * What host calls move, both ways.
   */
  bytes?: string;
  /**
   * Programs at one time.
   */
  programs?: number;
  /**
   * Lines of log.
   */
  'log-lines'?: number;
  /**
   * Invocations at one time; more wait their turn.
   */
  concurrency?: number;
}
export interface Rule {
  /**
   * A glob over names, `sha256:<digest>`, `built-in`, `approved` (approved at install or by --approve) or `signer:<name>`: whom the trust policy calls so, or whose key has that id, had signed it when it was installed.
   */
  plugin: string;
  /**
   * A jexl condition over tenant, queue, workflow, job, step, plugin, inputs, time.
   */
  when?: string;
  allow?: Allow;
  deny?: Entries;
  /**
   * The widest exec profile. Default: as the entries say.
   */
  profile?: 'workspace' | 'host';
  /**
   * The most that one invocation of this plugin may use.
   */
  limits?: {
    /**
     * Wall time.
     */
    timeout?: string;
    /**
     * Of the guest, above the empty sandbox host.
     */
    memory?: string;
    /**
     * Processor time of the guest.
     */
    cpu?: string;
    /**
     * Calls, allowed or not.
     */
    'host-calls'?: number;
    /**
     * What its host calls move, both ways.
     */
    bytes?: string;
    /**
     * Programs that it runs at one time.
     */
    programs?: number;
    /**
     * Lines of log, its programs' output included.
     */
    'log-lines'?: number;
    /**
     * Invocations of this plugin at one time.
     */
    concurrency?: number;
  };
  /**
   * The clock begins at the run's start and only sleeps move it; randomness comes from a seed of the step. A retry or a rerun sees the same of both, another run the same randomness.
   */
  deterministic?: boolean;
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
