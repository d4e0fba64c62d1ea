import type { AbsolutePath, Json, JsonObject, PluginIdentity } from '../../schemas/index.ts';
import type { AuditedCall } from '../audit/api.ts';
import type { Cgroup, CgroupLimits } from '../cgroup/index.ts';
import type { Authorized } from '../grants/api.ts';
import type { Determinism } from './determinism.ts';
import type { Carrier } from './env/carrier.ts';

/**
 * One host capability, whole: the schema of its permission entries, the grammar of a rule, what a set of matching rules
 * narrows to, and its operations. Adding a capability adds one file and one line in the table.
 */
export interface Capability<Rule = unknown, Effective = unknown> {
  readonly name: string;
  readonly description: string;
  /** Ambient: always there, needs no grant. */
  readonly ambient: boolean;
  /** JSON Schema of one permission entry (without `reason`, which the manifest requires and every layer may have). */
  readonly entrySchema: JsonObject;
  /** A checked entry, its `${{ inputs.x }}` already substituted, to a rule; a string says what is wrong with it. */
  parse(entry: JsonObject): { readonly rule: Rule } | { readonly problem: string };
  /**
   * Writes the text of an expression's result so that it stands for exactly itself in the field at `path` (`['url']`,
   * `['args', '0']`) and never for a pattern or a keyword; `problem` where that can't be done. `before` is what stands before it in
   * that field. Called before parse().
   */
  quote(
    text: string,
    path: readonly string[],
    before: string,
  ): { readonly text: string } | { readonly problem: string };
  /**
   * What is left of a manifest's entry, as it is written, where the policy says `allow: requested` and doesn't write it out; undefined
   * where nothing is. Absent: all of it.
   */
  requested?(entry: JsonObject): JsonObject | undefined;
  /**
   * The rule, with private addresses (`host:port`) that it lets through whatever it says of them. For commands that try a plugin on its
   * author's machine; an agent never asks for it. Absent: it knows no such places.
   */
  lettingThrough?(rule: Rule, places: readonly string[]): Rule;
  /** The parameters that hold when one rule of each layer matched: the least of each (quota, profile, timeout...). */
  narrow(rules: readonly Rule[]): Effective;
  /** One sentence for explain(). */
  explain(rule: Rule): string;
  readonly operations: Readonly<Record<string, Operation<Rule, Effective>>>;
}

/** One host call. Order in the file: schema, demands, check, perform. */
export interface Operation<Rule = unknown, Effective = unknown, Args = unknown, Demand = Args> {
  readonly argsSchema: JsonObject;
  /** What is wrong with arguments that fit the schema, such as a name that is none: no rule is asked about them then. Absent: nothing. */
  misfit?(args: Args): string | undefined;
  /**
   * What the call needs, one by one, where that isn't one thing (a copy needs a read and a write): every demand needs a rule
   * that matches in every layer, not all the same one. Absent: the arguments as a whole.
   */
  demands?(args: Args): readonly Demand[];
  /** Whether this one rule meets the demand; else why not. Pure; looks at nothing but its arguments. */
  check(rule: Rule, demand: Demand): Check;
  /**
   * Whether a policy's deny rule takes this demand. Differs from check() where what an entry leaves out allows nothing but
   * forbids everything: `deny: exec: [{ command: curl }]` means curl with any arguments. Absent: check().
   */
  denies?(rule: Rule, demand: Demand): boolean;
  /** Carries it out. Throws CallFailure for a failure that the guest may see. */
  perform(authorized: Authorized<Args, Effective>, scope: CallScope): Promise<Json>;
}

/**
 * What one rule says to one demand. `remedy` where no other rule would help: `name a path inside the workspace`. `met`: how many of
 * the rule's conditions the demand met before this one, by which the nearest of several rules is told. Absent: none.
 */
export type Check =
  | { readonly matches: true }
  | { readonly matches: false; readonly why: string; readonly remedy?: string; readonly met?: number };

/** A failure of a performed call that the guest gets as `{ error }`; `denied` for one that perform() itself must refuse. */
export class CallFailure extends Error {
  readonly code:
    | 'NOT_FOUND'
    | 'FAILED'
    | 'INVALID_ARGUMENTS'
    | 'LIMIT_EXCEEDED'
    | 'TIMEOUT'
    | 'CANCELLED'
    | 'STORAGE_FAILED'
    | 'CONFINEMENT_UNAVAILABLE'
    | 'DENIED';
  readonly rule: string | undefined;
  readonly remedy: string | undefined;

  constructor(
    code: CallFailure['code'],
    message: string,
    details?: { readonly rule?: string; readonly remedy?: string },
  ) {
    super(message);
    this.name = 'CallFailure';
    this.code = code;
    this.rule = details?.rule;
    this.remedy = details?.remedy;
  }
}

/** The powers of one invocation, handed to perform(). Made by the executor, one per invocation. */
export interface CallScope {
  readonly workspace: AbsolutePath;
  /** An empty folder of this invocation's, outside the workspace: made when it is first asked for, removed at the end. */
  readonly temp: () => AbsolutePath;
  /** The step's environment (workflow, job, step `env:`), evaluated; may hold placeholders. */
  readonly env: Readonly<Record<string, string>>;
  /** What of `env` only earlier steps of the job set, and the folders that they put before PATH. Absent: nothing. */
  readonly inherited?: Inherited;
  /** Takes what the step leaves for later ones. */
  readonly carrier: Carrier;
  readonly step: StepInfo;
  /** Whose invocation it is: what is kept or started outside of it is named after these. */
  readonly owner: InvocationOwner;
  /** Has `act` done once when the run ends on this agent, however it ends; the first one for a key counts. */
  readonly atRunEnd: (key: string, act: () => Promise<void>) => void;
  /** Aborted on cancellation and when the invocation ends. */
  readonly signal: AbortSignal;
  /** Aborted where nothing may go on, not even in order: programs are killed at once. */
  readonly kill?: AbortSignal;
  /** How long what is being cancelled may take to end itself, in ms. Default: ten seconds. */
  readonly cancel_grace_ms?: number;
  /** Redacted and stored by the executor; raw here. */
  readonly log: (stream: 'stdout' | 'stderr' | 'log', text: string | Uint8Array) => void;
  readonly secrets: SecretVault;
  readonly clock: { now(): number };
  readonly random: { bytes(length: number): Uint8Array };
  /** What the guest sees of time and chance instead of these, where the policy says so. */
  readonly deterministic?: Determinism | undefined;
  /** Adds to the audit entry of the call at hand, e.g. the address that a name resolved to. */
  readonly audit: AuditedCall;
  readonly sandbox: ExecSandbox;
  /** Where the Docker daemon sees a folder of the agent's state, as the operator says. Absent: nobody says so. */
  readonly daemonPath?: (own: AbsolutePath) => AbsolutePath;
  /** The plugin's own values in its tenant. Nothing is opened before it is used. */
  readonly store: KeyValueStore;
  /** The plugin's own archives in its tenant. */
  readonly archives: ArchiveStore;
  /** What this invocation has used up so far, by counter name (`fs bytes written`); one map for all of its calls. */
  readonly usage: Map<string, number>;
}

/** What earlier steps left, as programs of this one see it. */
export interface Inherited {
  readonly names: ReadonlySet<string>;
  readonly path: readonly string[];
}

/** For whom, and by which plugin. */
export interface InvocationOwner {
  readonly tenant: string;
  readonly run: string;
  readonly plugin: PluginIdentity;
}

/** What `host.step` says. */
export interface StepInfo {
  readonly run: string;
  readonly run_attempt: number;
  readonly job: string;
  readonly step: string;
  readonly attempt: number;
  readonly workflow: string;
}

/** What this machine offers to exec's profile `workspace`. */
export interface ExecSandbox {
  /** bubblewrap's path; undefined where it doesn't work here, and then profile workspace is refused. */
  readonly bwrap: AbsolutePath | undefined;
  readonly prlimit: AbsolutePath | undefined;
  /** Directories in which a bare command name is looked up; the agent's, not the guest's. */
  readonly path: readonly AbsolutePath[];
  /** uid and gid for a sandboxed exec when the agent is root. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** Makes control groups for programs, where part of the machine's were delegated to the agent. */
  readonly groups?: { create(use: 'execs', limits: CgroupLimits): Cgroup };
}

/** The secrets of one invocation: placeholders outward, values only inward at a place that a grant names. */
export interface SecretVault {
  /** The placeholder for a secret, or undefined if the run has none of that name. */
  placeholder(name: string): string | undefined;
  /**
   * Replaces the placeholders of `allowed` names in `text` by their values. Placeholders of other names stay as they are.
   * `used` names the secrets whose values went in.
   */
  reveal(text: string, allowed: readonly string[]): { readonly text: string; readonly used: readonly string[] };
  /** Names whose placeholders occur in `text`. */
  mentioned(text: string): readonly string[];
}

/**
 * Small values that outlive a run, of one plugin in one tenant: who holds it reaches no other's. What a method resolves to is on
 * disk. Rejects with CallFailure: LIMIT_EXCEEDED over a bound, FAILED where the store can't be used.
 */
export interface KeyValueStore {
  get(
    key: string,
  ): Promise<{ readonly value: Json; readonly version: number; readonly expires_at_ms: number | null } | undefined>;
  set(change: StoreChange, bounds: readonly StoreBound[]): Promise<StoreOutcome>;
  /** Whether it was there, with the expected version where one is expected. */
  delete(key: string, expected: number | undefined): Promise<boolean>;
  /** In the order of the keys, from the one after `after`. */
  list(
    prefix: string,
    page: { readonly after: string; readonly limit: number },
  ): Promise<readonly { readonly key: string; readonly version: number; readonly bytes: number }[]>;
}

/**
 * Archives that outlive a run, of one plugin in one tenant: who holds it reaches no other's. Rejects with CallFailure; STORAGE_FAILED where
 * they lie in a bucket that isn't reached.
 */
export interface ArchiveStore {
  /** Begins one; what is written to `fd` is kept, or discarded: one of the two is called, and discarding what is kept does nothing. */
  begin(): Promise<{
    readonly fd: number;
    /** Puts it in the place of what was under the key; least recently used ones go where a bound wouldn't hold. */
    keep(archive: Pick<KeptArchive, 'key' | 'bytes' | 'sha256'>, bounds: readonly ArchiveBound[]): Promise<MadeRoom>;
    discard(): Promise<void>;
  }>;
  /** Whether there is one, and which. Counts as a use. */
  look(key: string): Promise<KeptArchive | undefined>;
  /** Open to be read from its beginning; the caller closes it, and looks whether it has that digest. Counts as a use. */
  find(key: string): Promise<(KeptArchive & { readonly fd: number }) | undefined>;
  /** Those whose keys begin so, the newest first. */
  list(prefix: string): Promise<readonly KeptArchive[]>;
  /** With its content, whoever else has the same: it is damaged. */
  remove(key: string): Promise<boolean>;
}

/** How many archives went for the one that was kept. */
export interface MadeRoom {
  readonly evicted: number;
  /** Why not all went that had to; left out where they did. */
  readonly not_evicted?: string;
}

/** An archive under its key. */
export interface KeptArchive {
  readonly key: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  readonly created_at_ms: number;
  readonly used_at_ms: number;
}

/** The most that archives under some keys may have together. */
export interface ArchiveBound {
  readonly patterns: readonly KeyPattern[];
  readonly bytes: number;
}

/** A value to be kept, as JSON text. `expected`: the version that it replaces, null for none; undefined: whatever is there. */
export interface StoreChange {
  readonly key: string;
  readonly text: string;
  readonly expected: number | null | undefined;
  readonly ttl_ms: number | undefined;
}

/** What became of it. After a conflict, `version` is that of what is there, null for nothing. */
export type StoreOutcome =
  | { readonly kind: 'set'; readonly version: number }
  | { readonly kind: 'conflict'; readonly version: number | null };

/** The most that may lie under some keys together. */
export interface StoreBound {
  readonly patterns: readonly KeyPattern[];
  readonly bytes: number;
  readonly keys: number;
}

/** A key, or all keys that begin with `prefix`. */
export type KeyPattern =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'prefix'; readonly prefix: string };
