import type { JsonObject, PermissionLayer, PluginIdentity } from '../../schemas/index.ts';
import type { SecretVault } from '../capabilities/capability.ts';
import type { Denial, HostCall } from '../host-call.ts';
import type { LoadedPlugin } from '../plugin.ts';
import type { Policy } from '../policy/api.ts';
import type { Bound } from '../policy/bounds.ts';
import type { ConfinementLevel } from '../supervisor/api.ts';

/** Where a rule comes from, for explain() and denials. Layers are checked in this order. */
export type LayerName = 'manifest' | 'policy' | 'workflow' | 'job' | 'step';

/** Names the very entry that decided. `place` is for humans: `plugin.yaml:9 net[0]`, `policies/default.yaml:14`. */
export interface RuleReference {
  readonly layer: LayerName;
  readonly place: string;
  /** Where it begins, as far as that is known; of a policy that allows what is requested, its rule. */
  readonly line?: number;
  /** Of a policy: the index of the rule that it belongs to. */
  readonly policy_rule?: number;
}

/** What a grant is computed from, once per invocation. `inputs` are the plugin's, checked. */
export interface GrantRequest {
  readonly plugin: LoadedPlugin;
  readonly policy: Policy;
  readonly layers: readonly PermissionLayer[];
  readonly inputs: JsonObject;
  readonly subject: GrantSubject;
  /** The secrets of this invocation, for entries that say `secrets: ["${{ inputs.token }}"]`. Absent: no input can hold one. */
  readonly secrets?: GivenSecrets;
  /**
   * Private addresses, `host:port`, that net may connect to where its entries allow the URL. What a person says on the command line of a
   * command that tries a plugin, for this command: no file and no agent gives any.
   */
  readonly private_places?: readonly string[];
}

/** Tells an input that is a secret from any other text; an invocation's vault does. */
export type GivenSecrets = Pick<SecretVault, 'mentioned' | 'placeholder'>;

/** For whom; a policy's `when` sees these under the same names. */
export interface GrantSubject {
  readonly tenant: string;
  readonly workflow: string;
  readonly job: string;
  readonly step: string;
  /** The queue that the job runs on, where that is known. */
  readonly queue?: string;
  /** When the grant is computed, in ms since the epoch, where there is a clock. */
  readonly at?: number;
}

declare const grantBrand: unique symbol;
declare const authorizedBrand: unique symbol;

/**
 * The effective intersection. Only computeGrant() makes one. Each layer keeps its own rules and a call needs a matching rule
 * in every layer that is present, so the intersection is exact and a denial names the layer that refused.
 */
export interface Grant {
  readonly [grantBrand]: true;
  readonly plugin: PluginIdentity;
  readonly origin: LoadedPlugin['origin'];
  readonly required_level: ConfinementLevel;
  readonly limits: GrantedLimits;
  /** Whether the plugin must see the same time and randomness again when it runs again. */
  readonly deterministic: boolean;
  /** What else the policy's rules bound, each with the rule that does. */
  readonly bounds: readonly Bound[];
  readonly capabilities: ReadonlyMap<string, CapabilityGrant>;
  /** Entries that don't hold for these inputs, e.g. because they read an input that wasn't given; `entry` as a manifest or a policy has it. */
  readonly dropped: readonly {
    readonly capability: string;
    readonly from: RuleReference;
    readonly why: string;
    readonly entry?: JsonObject;
  }[];
}

/** `timeout_ms` and `memory_bytes`: the manifest's (or its default) under the policy's cap. */
export interface GrantedLimits {
  readonly timeout_ms: number;
  readonly memory_bytes: number;
  /** The policy's own cap; it also bounds a timeout that the step sets itself. */
  readonly timeout_cap_ms?: number;
}

/** The rules of one capability, layer by layer; `deny` are the policy's. A layer that isn't present isn't listed. */
export interface CapabilityGrant<Rule = unknown> {
  readonly layers: readonly GrantLayer<Rule>[];
  readonly deny: readonly GrantedRule<Rule>[];
}

/** What one layer lets through. `place` is the layer as a whole, for a denial where no rule of it matches. */
export interface GrantLayer<Rule = unknown> {
  readonly layer: LayerName;
  readonly place: string;
  readonly rules: readonly GrantedRule<Rule>[];
}

/** A rule of a capability's own grammar, and where it stands. */
export interface GrantedRule<Rule = unknown> {
  readonly rule: Rule;
  readonly from: RuleReference;
  /** The author's or the operator's words. */
  readonly reason?: string;
}

/** A call that authorize() let through; perform() takes nothing else. `effective` is what narrow() made of the rules that matched. */
export interface Authorized<Args = unknown, Effective = unknown> {
  readonly [authorizedBrand]: true;
  readonly capability: string;
  readonly operation: string;
  readonly args: Args;
  readonly effective: Effective;
  readonly decided_by: readonly RuleReference[];
  /**
   * Asks again, of the same grant and operation, for what shows only while the call is carried out: the target of a
   * redirect, a file that a walk came upon. Of several demands each needs a rule; what they narrow to is one.
   */
  recheck(...demands: readonly unknown[]): Recheck<Effective>;
  /**
   * Asks the same grant for another call that this one implies: a response written to a workspace file needs what
   * `fs.write` needs, and counts against its quota, or net and exec would be a way around fs.
   */
  implied(call: HostCall): Implied;
  /** The rule that keeps a secret's value from this call's capability, if one does; perform() asks before a value goes out. */
  secretKeptBy(name: string): RuleReference | undefined;
}

/** What the same grant says when it is asked again; `effective` is of the rules that matched this time. */
export type Recheck<Effective = unknown> =
  | { readonly kind: 'allowed'; readonly effective: Effective; readonly decided_by: readonly RuleReference[] }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly decided_by: readonly RuleReference[] };

/** What the same grant says of a call that another implies; `authorized` lets a capability carry it out as its own. */
export type Implied =
  | { readonly kind: 'allowed'; readonly effective: unknown; readonly authorized: Authorized }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly decided_by: readonly RuleReference[] };

/** What authorize() says of a call. */
export type Authorization =
  | { readonly kind: 'allowed'; readonly authorized: Authorized }
  | { readonly kind: 'denied'; readonly denial: Denial; readonly decided_by: readonly RuleReference[] }
  | {
      readonly kind: 'invalid';
      readonly code: 'UNKNOWN_CAPABILITY' | 'UNKNOWN_OPERATION' | 'INVALID_ARGUMENTS';
      readonly message: string;
    };

export type Authorize = (grant: Grant, call: HostCall) => Authorization;
