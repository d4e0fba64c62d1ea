import type { CallChannel } from './call-channel.ts';
import type { GuestResult } from './result.ts';

/** The plugin that a sandbox host was given, as its first message says. */
export type BoundPlugin =
  | {
      readonly runtime: 'isolate';
      readonly main: string;
      /** JavaScript by path within the plugin. */
      readonly modules: Readonly<Record<string, string>>;
    }
  | {
      readonly runtime: 'wasm';
      readonly abi: 'waterflow' | 'extism';
      readonly entry: string;
      readonly config: Readonly<Record<string, string>>;
      readonly module: Uint8Array;
    };

/** One call of the bound plugin. */
export interface Invocation {
  /** The inputs as JSON text. */
  readonly inputs: string;
  /** Capabilities that the manifest requests: the helpers that `host` has. */
  readonly capabilities: readonly string[];
  readonly output_bytes: number;
  /** Of one isolate's heap; what lies outside of it the agent bounds. */
  readonly heap_mb: number;
  /** What the guest's clock and dice begin with, in place of the machine's. */
  readonly deterministic?: DeterministicStart | undefined;
  /** Whether what runs is counted, and told before the end. Isolates alone know how. */
  readonly coverage?: boolean | undefined;
}

/** Where a deterministic invocation begins: milliseconds since the epoch, and hex digits. */
export interface DeterministicStart {
  readonly now_ms: number;
  readonly seed: string;
  /** Where the agent answers each sleep at once, and only the clock moves. */
  readonly sleeps?: 'skipped' | undefined;
}

/** Guest code behind one interface, whichever runtime. A fresh guest for every invocation, nothing shared between two. */
export interface GuestEngine {
  bind(plugin: BoundPlugin): Promise<void>;
  invoke(invocation: Invocation, calls: CallChannel): Promise<GuestResult>;
  /** Makes what the next invocation will need, whoever's it is: called when there is nothing else to do. Never throws. */
  prepare(): void;
}
