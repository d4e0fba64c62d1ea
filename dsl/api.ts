import type { Diagnostic, Json, JsonObject, Plan } from '../schemas/index.ts';
import type { MatchPattern } from './pattern.ts';

/** What the reader must know of a node (a plugin as `uses:` names it). */
export interface NodeDescription {
  /** As `uses:` would name it at its best: `http@v1`. */
  readonly uses: string;
  readonly description: string;
  readonly runtime: 'isolate' | 'wasm' | 'control';
  /** Where it comes from: with Waterflow, from the machine's plugin folder, or from beside the workflow file. Absent: unknown. */
  readonly origin?: 'built-in' | 'installed' | 'local';
  /** Input name -> its JSON Schema, with `required: true` beside it where it must be given. */
  readonly inputs: Readonly<Record<string, JsonObject>>;
  readonly outputs: Readonly<Record<string, JsonObject>>;
  /** The manifest's `dynamic-outputs`: a step's own script names further outputs (run@v1), so unknown ones are no error. */
  readonly dynamic_outputs: boolean;
}

/** How the reader finds nodes. Synchronous and in memory: the composition root fills it. */
export interface NodeCatalogue {
  /**
   * The node for `uses:`; `missing` says why there is none, for the message. With a `remedy` there is something of that name that
   * can't be used; without, the name is the mistake. `local`: it may be there where the file comes from, and that is not here. `pinned`:
   * no other bytes than those of today can be there under that name and version.
   */
  find(
    uses: string,
  ):
    | { readonly node: NodeDescription; readonly pinned?: true }
    | { readonly missing: string; readonly remedy?: string; readonly local?: true };
  /** Every name that `uses:` could say, for did-you-mean. */
  names(): readonly string[];
  /** Capability name -> JSON Schema of one permission entry. */
  permissionSchemas(): Readonly<Record<string, JsonObject>>;
  /**
   * What is wrong with an entry that fits its schema and holds no expression, or undefined; names the field and the value in backticks.
   * Absent where the catalogue knows the schemas alone.
   */
  permissionProblem?(capability: string, entry: JsonObject): string | undefined;
}

/** Options of the reader. `file` is the path as the user gave it; it stands in every diagnostic. */
export interface CompileOptions {
  readonly file: string;
  readonly catalogue: NodeCatalogue;
  /**
   * Matches values that are written in the file with the patterns of inputs, and may be interrupted. Without it, patterns that could
   * take long are not matched when the file is read, only when it runs.
   */
  readonly matchPattern?: MatchPattern;
  /** The queues that agents have served so far; a job of another one is warned of. Absent: nothing is known, and no job is. */
  readonly knownQueues?: readonly string[];
  /**
   * Reads the file of a workflow that a job calls, by its path relative to the folder of the root workflow's file: `ci/deploy.yml`,
   * never out of that folder. `missing` says why it can't be read. Absent: calls can't be followed, and are errors.
   */
  readonly readWorkflow?: (path: string) => { readonly source: Uint8Array | string } | { readonly missing: string };
}

/**
 * `plan` is present exactly if no diagnostic is an error. Diagnostics are in file order, then, by file, those of the workflows that are
 * called.
 */
export interface CompileResult {
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
  /** The texts of the workflows that are called, by the file names that stand in diagnostics. Absent where there are none. */
  readonly called?: ReadonlyMap<string, string>;
}

/** Text or bytes of a workflow file -> plan and every diagnostic, in one pass. Never throws on bad input. */
export type Compile = (source: Uint8Array | string, options: CompileOptions) => CompileResult;

/** How inputs come: as options of a command, in a request to the API, or by `on.webhook` from a delivery. */
export type InputFront = 'command' | 'api' | 'webhook';

/** `matchPattern`: where the workflow's author isn't trusted; else its patterns are matched without a bound on time. */
export interface ResolveOptions {
  readonly matchPattern?: MatchPattern;
  /** How inputs are given, for remedies; `api`: problems point into the request as well. Default: `command`. */
  readonly front?: InputFront;
}

/** Checks and converts the inputs that a user gave (`--input k=v` are strings; REST gives JSON) and fills in defaults. */
export type ResolveInputs = (
  plan: Plan,
  given: Readonly<Record<string, Json>>,
  options?: ResolveOptions,
) => { readonly inputs: JsonObject } | { readonly errors: readonly Diagnostic[] };
