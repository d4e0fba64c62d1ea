// Made from schemas/manifest.schema.json by `npm run generate`. Change the schema, not this file.

/**
 * plugin.yaml: what a plugin is and what it requests.
 */
export interface PluginManifest {
  /**
   * The node's name in `uses:`.
   */
  name: string;
  /**
   * Semantic version.
   */
  version: string;
  /**
   * One sentence for users.
   */
  description: string;
  /**
   * isolate: a V8 isolate; wasm: WebAssembly; control: carried out by the machine (built-in only).
   */
  runtime: 'isolate' | 'wasm' | 'control';
  /**
   * isolate: the source; wasm: the module, or the TypeScript that `waterflow plugin build` compiles to it. A path in the plugin's folder.
   */
  main?: string;
  /**
   * wasm only. Default waterflow.
   */
  abi?: 'waterflow' | 'extism';
  /**
   * abi extism: the export to call. Default run.
   */
  entry?: string;
  /**
   * abi extism: Extism's config. `${{ inputs.NAME }}` in a value stands for what the step gives; a value that speaks of an input which isn't given is left out.
   */
  config?: {
    [k: string]: string;
  };
  /**
   * Each input's JSON Schema, with `required: true` beside it where it must be given.
   */
  inputs?: {
    [k: string]: Field;
  };
  /**
   * Each output's JSON Schema.
   */
  outputs?: {
    [k: string]: Field;
  };
  /**
   * The step's own script names further outputs (run@v1), so unknown ones are no error.
   */
  'dynamic-outputs'?: boolean;
  /**
   * Entries by capability, each with the author's reason; at most 100 of each.
   */
  permissions?: {
    /**
     * @maxItems 100
     */
    [k: string]: Permission[];
  };
  limits?: {
    /**
     * A duration: 60s, 1h30m, PT5M. Default 10m.
     */
    timeout?: string;
    /**
     * A size: 64MiB. Default 64MiB, at most 512MiB.
     */
    memory?: string;
  };
  author?: string;
  license?: string;
  homepage?: string;
}
export interface Field {
  required?: boolean;
  description?: string;
  [k: string]: unknown;
}
export interface Permission {
  reason: string;
  [k: string]: unknown;
}
