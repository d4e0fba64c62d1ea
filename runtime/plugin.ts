import type { PluginManifest } from '../schemas/generated/manifest.ts';
import type { AbsolutePath, PluginIdentity } from '../schemas/index.ts';

/** Code that a sandbox host can run, already read and checked; nothing of it was executed. */
export type PluginCode =
  /** JavaScript modules (types stripped) by their path within the plugin, e.g. `index.ts`. */
  | { readonly runtime: 'isolate'; readonly main: string; readonly modules: Readonly<Record<string, string>> }
  | {
      readonly runtime: 'wasm';
      readonly abi: 'waterflow' | 'extism';
      readonly entry: string;
      readonly config: Readonly<Record<string, string>>;
      readonly module: Uint8Array;
    };

/** One who signed a plugin, as the operator's trust policy calls them, and the ids of the keys with which they did. */
export interface PluginSigner {
  readonly name: string;
  readonly keys: readonly string[];
}

/** A plugin as loaded from a folder. `origin` decides what the shipped policy thinks of it. */
export interface LoadedPlugin {
  readonly identity: PluginIdentity;
  readonly manifest: PluginManifest;
  readonly folder: AbsolutePath;
  readonly origin: 'built-in' | 'approved' | 'local' | 'installed';
  readonly code: PluginCode;
  /** Whose signatures counted when it was installed; absent where none did, or nobody installed it. */
  readonly signers?: readonly PluginSigner[];
  /** The line of each permission entry in plugin.yaml, by its name, `net[0]`; absent where it wasn't read from a file. */
  readonly entry_lines?: ReadonlyMap<string, number>;
}

/** A plugin whose files were read and hashed. Its code is made ready when somebody is to run it. */
export interface KnownPlugin extends Omit<LoadedPlugin, 'code'> {
  /** Of the bytes that were hashed, whatever becomes of the folder; done once. Rejects with WaterflowFailure PLUGIN_INVALID. */
  readonly code: () => Promise<PluginCode>;
}
