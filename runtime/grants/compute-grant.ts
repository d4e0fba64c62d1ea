import {
  assertNever,
  type Json,
  type JsonObject,
  type PermissionLayer,
  parseDuration,
  parseSize,
  type WaterflowError,
} from '../../schemas/index.ts';
import type { Capability } from '../capabilities/capability.ts';
import { grantableCapabilities } from '../capabilities/table.ts';
import { entryName } from '../policy/api.ts';
import { type ApplicableRules, applicableRules, requiredConfinement } from '../policy/evaluate.ts';
import { whenContext } from '../policy/when.ts';
import type { ConfinementLevel } from '../supervisor/api.ts';
import type {
  CapabilityGrant,
  Grant,
  GrantedLimits,
  GrantedRule,
  GrantLayer,
  GrantRequest,
  RuleReference,
} from './api.ts';
import { brandGrant } from './brand.ts';
import { type MadeRule, makeLayerRule, misdirectedSecret, plainEntries, writtenReason } from './entries.ts';
import { confinedEntry, requestedEntry, ruleOf } from './prepared.ts';

/** Where a manifest doesn't say. */
const defaultTimeoutMs = 600_000;
const defaultMemoryBytes: number = 64 * 1024 ** 2;

/**
 * The grant of one invocation: for each capability the rules of every layer that is present, filled with the plugin's
 * inputs. Errors: INVALID_INPUT (an input can't stand where the manifest puts it), PLUGIN_INVALID, INVALID_VALUE (an entry of
 * the workflow file), POLICY_INVALID, DENIED (a condition of the policy can't be decided).
 */
export function computeGrant(request: GrantRequest): { readonly grant: Grant } | { readonly error: WaterflowError } {
  const { plugin, policy } = request;
  const policyRules = applicableRules(policy, plugin, whenContext(request));
  if ('error' in policyRules) return policyRules;
  const { applicable } = policyRules;
  const wrong = request.layers.map(layerError).find((error) => error !== undefined);
  if (wrong !== undefined) return { error: wrong };
  const collected: Collected = { dropped: [], errors: [] };
  const capabilities = new Map<string, CapabilityGrant>();
  for (const capability of grantableCapabilities) {
    const collector = new Collector(capability, request, collected);
    capabilities.set(capability.name, {
      layers: [
        manifestLayer(request, collector),
        policyLayer(request, applicable, collector),
        ...request.layers.map((layer) => workflowLayer(layer, collector)),
      ],
      deny: applicable.rules.flatMap((rule) =>
        collector.rules(entriesOf(rule.deny, capability), {
          ...policyPlace(request, rule, { part: 'deny', capability }),
          denies: true,
        }),
      ),
    });
  }
  const [error] = collected.errors;
  if (error !== undefined) return { error };
  return {
    grant: brandGrant({
      plugin: plugin.identity,
      origin: plugin.origin,
      // The policy's schema bounds it to 0..4.
      required_level: requiredConfinement(policy.content) as ConfinementLevel,
      limits: grantedLimits(request, applicable),
      deterministic: applicable.deterministic,
      bounds: applicable.bounds,
      capabilities,
      dropped: collected.dropped,
    }),
  };
}

interface Collected {
  readonly dropped: Grant['dropped'][number][];
  readonly errors: WaterflowError[];
}

/** Where entries stand. */
interface EntriesPlace {
  /** The reference of each entry. */
  readonly at: (index: number) => RuleReference;
  readonly reason?: string | undefined;
  /** What these entries forbid must hold, so an entry that can't be filled stops the invocation. */
  readonly denies?: true;
}

/** Makes the rules of one capability, and keeps what went wrong. */
class Collector {
  readonly capability: Capability;
  readonly #request: Pick<GrantRequest, 'inputs' | 'secrets' | 'private_places'>;
  readonly #collected: Collected;

  constructor(
    capability: Capability,
    request: Pick<GrantRequest, 'inputs' | 'secrets' | 'private_places'>,
    collected: Collected,
  ) {
    this.capability = capability;
    this.#request = request;
    this.#collected = collected;
  }

  rules(entries: readonly JsonObject[], place: EntriesPlace): readonly GrantedRule[] {
    return entries.flatMap((entry, index) =>
      this.#keep(ruleOf(this.capability, entry, this.#request), {
        ...place,
        index,
        entry,
        written: entry['reason'],
      }),
    );
  }

  /** Of a layer of a workflow file, whose expressions were evaluated before. */
  layerRules(layer: PermissionLayer, place: EntriesPlace): readonly GrantedRule[] {
    const { name } = this.capability;
    const entries = Object.hasOwn(layer.entries, name) ? (layer.entries[name] ?? []) : [];
    return entries.flatMap((entry, index) =>
      this.#keep(makeLayerRule(this.capability, entry), { ...place, index, written: writtenReason(entry) }),
    );
  }

  #keep(
    made: MadeRule,
    place: EntriesPlace & { readonly index: number; readonly entry?: JsonObject; readonly written: Json | undefined },
  ): readonly GrantedRule[] {
    const { name } = this.capability;
    const from = place.at(place.index);
    switch (made.kind) {
      case 'rule': {
        const reason = typeof place.written === 'string' ? place.written : place.reason;
        const rule = place.denies === true ? made.rule : this.#lettingThrough(made.rule);
        return [{ rule, from, ...(reason === undefined ? {} : { reason }) }];
      }
      case 'dropped':
        if (place.denies === true) this.#collected.errors.push(undeniable(from, made.why));
        this.#collected.dropped.push({
          capability: name,
          from,
          why: made.why,
          ...(place.entry === undefined ? {} : { entry: place.entry }),
        });
        return [];
      case 'problem':
        this.#collected.errors.push(entryError(from, made));
        return [];
      default:
        return assertNever(made);
    }
  }

  #lettingThrough(rule: unknown): unknown {
    const places = this.#request.private_places;
    return places === undefined ? rule : (this.capability.lettingThrough?.(rule, places) ?? rule);
  }
}

function manifestLayer(request: GrantRequest, collector: Collector): GrantLayer {
  const place = 'plugin.yaml';
  const { capability } = collector;
  const entries = entriesOf(request.plugin.manifest.permissions, capability);
  const at = (index: number): RuleReference => {
    const name = `${capability.name}[${index}]`;
    const line = request.plugin.entry_lines?.get(name);
    return line === undefined
      ? { layer: 'manifest', place: `${place} ${name}` }
      : { layer: 'manifest', place: `${place}:${line} ${name}`, line };
  };
  return { layer: 'manifest', place, rules: collector.rules(entries, { at }) };
}

function policyLayer(request: GrantRequest, applicable: ApplicableRules, collector: Collector): GrantLayer {
  const { capability } = collector;
  const requested = entriesOf(request.plugin.manifest.permissions, capability);
  const rules = applicable.rules.flatMap((rule) => {
    // The author's reasons speak for the request; the operator's, if any, for allowing it.
    const entries =
      rule.allow === 'requested'
        ? requested.map((entry) => requestedEntry(capability, entry)).filter((entry) => entry !== undefined)
        : entriesOf(rule.allow, capability);
    const capped = entries.map((entry) => underProfile(entry, capability, applicable.profile));
    return collector.rules(capped, policyPlace(request, rule, { part: 'allow', capability }));
  });
  return { layer: 'policy', place: request.policy.file, rules };
}

/** Entries that the policy writes out have lines of their own; those that it allows as requested have their rule's. */
function policyPlace(
  { policy }: GrantRequest,
  rule: ApplicableRules['rules'][number],
  entries: { readonly part: 'allow' | 'deny'; readonly capability: Capability },
): EntriesPlace {
  const at = (index: number): RuleReference => {
    const name = entryName(rule.index, entries.part, { capability: entries.capability.name, index });
    const line = policy.entry_lines.get(name) ?? rule.line;
    return { layer: 'policy', place: `${policy.file}:${line}`, line, policy_rule: rule.index };
  };
  return { at, reason: rule.reason };
}

function workflowLayer(layer: GrantRequest['layers'][number], collector: Collector): GrantLayer {
  const place = `permissions, ${layer.at.file}:${layer.at.line}`;
  const { name } = collector.capability;
  const at = (index: number): RuleReference => ({
    layer: layer.layer,
    place: `${place} ${name}[${index}]`,
    line: layer.at.line,
  });
  return { layer: layer.layer, place, rules: collector.layerRules(layer, { at }) };
}

/** The rule-wide `profile:` of a policy caps that of each exec entry; it never widens one. */
function underProfile(
  entry: JsonObject,
  capability: Capability,
  profile: 'workspace' | 'host' | undefined,
): JsonObject {
  return capability.name === 'exec' && profile === 'workspace' ? confinedEntry(capability, entry) : entry;
}

/** The entries of one capability. Own keys only: a permissions object may come from JSON. */
function entriesOf(
  permissions: Readonly<Record<string, unknown>> | undefined,
  capability: Capability,
): readonly JsonObject[] {
  if (permissions === undefined || !Object.hasOwn(permissions, capability.name)) return [];
  const entries = permissions[capability.name];
  // Lists of objects by the schemas of manifest, policy and workflow file, which were checked when they were read.
  return Array.isArray(entries) ? (entries as readonly JsonObject[]) : [];
}

function grantedLimits(request: GrantRequest, applicable: ApplicableRules): GrantedLimits {
  const asked = request.plugin.manifest.limits;
  const timeout = parseDuration(asked?.timeout ?? '') ?? defaultTimeoutMs;
  const memory = parseSize(asked?.memory ?? '') ?? defaultMemoryBytes;
  const cap = applicable.timeout_ms;
  return {
    timeout_ms: Math.min(timeout, cap ?? timeout),
    memory_bytes: Math.min(memory, applicable.memory_bytes ?? memory),
    ...(cap === undefined ? {} : { timeout_cap_ms: cap }),
  };
}

function entryError(from: RuleReference, made: MadeRule & { readonly kind: 'problem' }): WaterflowError {
  const message = `${from.place}: ${made.problem}`;
  const rule = `${from.layer} ${from.place}`;
  if (made.from_inputs && (from.layer === 'manifest' || from.layer === 'policy')) {
    return { code: 'INVALID_INPUT', message, remedy: 'Give the input a value that can stand there.', rule };
  }
  if (made.from_inputs) {
    const remedy = 'Give it one value that can stand there as it is, or write the entry out in the workflow file.';
    return { code: 'INVALID_INPUT', message, remedy, ...made.at, rule };
  }
  switch (from.layer) {
    case 'manifest':
      return { code: 'PLUGIN_INVALID', message, remedy: 'Correct the entry in plugin.yaml.', rule };
    case 'policy':
      return { code: 'POLICY_INVALID', message, remedy: 'Correct the entry in the policy.', rule };
    case 'workflow':
    case 'job':
    case 'step':
      return { code: 'INVALID_VALUE', message, remedy: 'Correct the entry in the workflow file.', rule };
    default:
      return assertNever(from.layer);
  }
}

function undeniable(from: RuleReference, why: string): WaterflowError {
  return {
    code: 'DENIED',
    message: `${from.place} forbids something that depends on an input: ${why}`,
    remedy: 'Give the input. Until then nothing is allowed where it would have to be decided.',
    rule: `${from.layer} ${from.place}`,
  };
}

/** What is wrong with a layer as a whole. */
function layerError(layer: PermissionLayer): WaterflowError | undefined {
  if (!isCurrent(layer)) return outdatedError(layer);
  const found = misdirectedSecret(plainEntries(layer));
  if (found === undefined) return undefined;
  return {
    code: 'INVALID_VALUE',
    message: `${found.capability}[${found.index}] names the secret \`${found.name}\`, but \`secrets\` keeps it from ${found.capability}`,
    remedy: 'Add the capability to `to`, or remove the secret from the entry.',
    file: layer.at.file,
    line: layer.at.line,
    column: layer.at.column,
    rule: `${layer.layer} permissions`,
  };
}

/** A run that began earlier hands on what was journalled then. */
function isCurrent({ version }: { readonly version: number }): boolean {
  return version === 2;
}

function outdatedError({ layer, at }: PermissionLayer): WaterflowError {
  return {
    code: 'RUN_STATE',
    message: `the permissions of the ${layer} were written by an earlier version, which didn't keep values apart from patterns`,
    remedy: 'Start the run anew: this version takes such permissions no more.',
    ...at,
    rule: `${layer} permissions`,
  };
}
