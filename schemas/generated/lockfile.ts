// Made from schemas/lockfile.schema.json by `npm run generate`. Change the schema, not this file.

export type Name = string;
export type PluginVersion = string;

/**
 * waterflow.lock: which plugins a machine has installed, by whom they are signed, and what somebody approved for them.
 */
export interface Lockfile {
  version: 1;
  /**
   * Sorted by name, then by version.
   *
   * @maxItems 10000
   */
  plugins: Locked[];
  /**
   * There only while plugins are being installed, and after that was cut off: the next command that changes the folder ends it.
   */
  pending?: Pending[];
}
export interface Locked {
  name: Name;
  version: PluginVersion;
  digest: string;
  /**
   * Whose signatures counted when it was installed; empty where it was installed without any.
   */
  signers: {
    /**
     * As the trust policy calls it.
     */
    name: string;
    /**
     * The ids of its keys.
     */
    keys: string[];
  }[];
  /**
   * The signature file as it came with the package, so that it can be verified again.
   */
  signature?: {};
  /**
   * Where it came from.
   */
  source: {
    /**
     * The package file's name.
     */
    file?: string;
    /**
     * The id of the registry's first root key.
     */
    registry?: string;
  };
  approved: Approved;
}
/**
 * What the plugin asked for when somebody said yes to it.
 */
export interface Approved {
  /**
   * Entries by capability, with the author's reasons.
   */
  permissions: {
    /**
     * @maxItems 100
     */
    [k: string]: {}[];
  };
  /**
   * Defaults of the inputs that permissions are filled with.
   */
  defaults: {
    [k: string]: unknown;
  };
  limits: {
    timeout: string;
    memory: string;
  };
}
export interface Pending {
  name: Name;
  version: PluginVersion;
  /**
   * Versions that go once this one is in place.
   */
  replaces: PluginVersion[];
}
